// Runs Schemathesis against the service: it derives valid and invalid requests from openapi.yaml and
// checks that every answer is one that the contract declares.
//
//   npm run contract -- attack                     a run as a signed-in user, and one signed out
//   npm run contract -- attack --seed 2            other random values (default: 1)
//   npm run contract -- attack --max-examples 500  more cases for each operation and phase (default: 100)
//   npm run contract -- attack --results FILE      also writes how many cases passed and failed
//
// It needs Python. The first run installs Schemathesis into tools/schemathesis/.venv.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from '../src/client/index.ts';
import { document, listOperations } from '../src/http/openapi-document.ts';
import type { OperationId } from '../src/http/operation.ts';
import { main, readCommandLine, reportCounts, UsageError, UserError } from './command-line.ts';
import { installPythonPackages, pythonExecutable, ROOT, run } from './tools.ts';

/** The user of tools/schemathesis/identities.yaml. */
const ATTACKER = { username: 'stranger', password: 'correct horse battery staple' };

/**
 * A run makes thousands of mistakes on purpose. The default limits would soon answer all of them with
 * 429. Rate limiting has tests of its own.
 */
const UNLIMITED = {
  LOGIN_FREE_FAILURES: '1000000',
  LOGIN_FREE_FAILURES_PER_ADDRESS: '1000000',
  REFRESH_FREE_FAILURES: '1000000',
};

type Role = 'signed-in' | 'signed-out';

/**
 * The phases of each run, in order. Hypothesis stops a stateful phase early when it repeats a request
 * and gets another answer, as it does from a service with state. So the phase runs three times.
 */
const ROUNDS: Record<Role, string[]> = {
  'signed-in': ['examples,coverage,fuzzing,stateful', 'stateful', 'stateful'],
  'signed-out': ['examples,coverage,fuzzing'],
};

/** Schemathesis may not delete its own account. The contract tests delete accounts. */
const NEVER_SUCCEEDS: OperationId = 'deleteCurrentUser';

await main(async () => {
  const { seed, maxExamples, results } = readOptions();
  const folder = await installPythonPackages('schemathesis');
  using reports = mkdtempDisposableSync(join(tmpdir(), 'attack-'));
  const options = { folder, reports: reports.path, seed, maxExamples };
  const inside = await attack('signed-in', options);
  const outside = await attack('signed-out', options);
  const passed = inside.passed + outside.passed;
  const failed = inside.failed + outside.failed;
  console.log(`\nattack: ${passed} passed, ${failed} failed (seed ${seed})`);
  reportCounts(passed, failed, results);
});

function readOptions() {
  const { values } = readCommandLine({
    options: {
      seed: { type: 'string', default: '1' },
      'max-examples': { type: 'string', default: '100' },
      results: { type: 'string' },
    },
  });
  for (const name of ['seed', 'max-examples'] as const) {
    if (!/^[1-9]\d{0,8}$/.test(values[name]))
      throw new UsageError(`--${name} must be a number from 1`);
  }
  const { seed, 'max-examples': maxExamples, results } = values;
  return { seed: Number(seed), maxExamples: Number(maxExamples), results };
}

interface Attack {
  folder: string;
  reports: string;
  seed: number;
  maxExamples: number;
}

interface Counts {
  passed: number;
  failed: number;
}

/** Runs Schemathesis against a service of its own, and reads that service's log. */
async function attack(role: Role, { folder, reports, seed, maxExamples }: Attack): Promise<Counts> {
  using service = await startService();
  await createClient({ baseUrl: service.url }).POST('/auth/register', { body: ATTACKER });
  const counts = { passed: 0, failed: 0 };
  for (const [round, phases] of ROUNDS[role].entries()) {
    console.log(`\n${role}: ${phases}\n`);
    const file = join(reports, `${role}-${round}.json`);
    const target = ['run', join(ROOT, 'openapi.yaml'), '--url', service.url, '--phases', phases];
    const size = ['--seed', String(seed + round), '--max-examples', String(maxExamples)];
    const code = await run(
      pythonExecutable(folder, 'st'),
      ['--config-file', `${role}.toml`, ...target, ...size, '--report-json-path', file],
      { cwd: folder, env: { PYTHONDONTWRITEBYTECODE: '1', HYPOTHESIS_STORAGE_DIRECTORY: reports } },
    );
    if (!existsSync(file)) throw new UserError('Schemathesis ended without a report.');
    const { passed, failed } = countCases(JSON.parse(readFileSync(file, 'utf8')));
    counts.passed += passed;
    // A run can fail without a failed case: by a warning, or because it was interrupted.
    counts.failed += code === 0 ? failed : Math.max(1, failed);
  }
  console.log(`\n${role}: the service answered ${service.requests} requests:\n\n${table(service)}`);
  const neverSucceeded = role === 'signed-in' ? operationsWithoutSuccess(service) : [];
  for (const line of service.faults) console.error(`\nThe service logged an error: ${line}`);
  for (const id of neverSucceeded) console.error(`\nNo request succeeded: ${id}`);
  counts.failed += service.faults.length + neverSucceeded.length;
  return counts;
}

/** The part of Schemathesis's report that is used here. */
interface Report {
  test_cases: { generated: number; with_failures: number; errored: number };
  errors: unknown[];
}

function countCases({ test_cases, errors }: Report): Counts {
  const { generated, with_failures, errored } = test_cases;
  return {
    passed: generated - with_failures - errored,
    failed: with_failures + Math.max(errored, errors.length),
  };
}

interface Service {
  url: string;
  requests: number;
  /** By operation and status, the number of answers. */
  statuses: Map<string, Map<number, number>>;
  /** Lines of its log with a warning or an error. */
  faults: string[];
}

/** The real service, as `npm start` starts it, with a new database. */
async function startService(): Promise<Service & Disposable> {
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    DATABASE_URL: 'sqlite::memory:',
    ...UNLIMITED,
  };
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/todos.mjs'), 'start'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const service: Service = { url: '', requests: 0, statuses: new Map(), faults: [] };
  service.url = await readLog(child, service);
  return Object.assign(service, { [Symbol.dispose]: () => void child.kill() });
}

/** Reads the banner and then the log, line by line. @returns the URL of the service */
function readLog(child: ChildProcess, service: Service): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error('the service ended')));
    if (!child.stdout) return;
    createInterface(child.stdout).on('line', (line) => {
      const url = /^ +OpenAPI Todos +(\S+)$/.exec(line)?.[1];
      if (url) resolve(url.replace('localhost', '127.0.0.1')); // no look-up for each request
      if (line.startsWith('{')) countAnswer(service, line);
    });
  });
}

function countAnswer(service: Service, line: string): void {
  const { level, operation, status }: Record<string, unknown> = JSON.parse(line);
  if (Number(level) >= 40) service.faults.push(line);
  if (typeof status !== 'number') return;
  service.requests += 1;
  const id = typeof operation === 'string' ? operation : 'none';
  const counts = service.statuses.get(id) ?? new Map<number, number>();
  service.statuses.set(id, counts.set(status, (counts.get(status) ?? 0) + 1));
}

function operationIds(): string[] {
  return [...listOperations(document)].map(({ operation }) => operation.operationId ?? '');
}

/** One line for each operation, with the number of answers by status. */
function table({ statuses }: Service): string {
  const rows = [...operationIds(), 'none'].map((id) => {
    const counts = [...(statuses.get(id) ?? [])].sort(([a], [b]) => a - b);
    return `  ${id.padEnd(18)}${counts.map(([status, times]) => `${status} × ${times}`).join(', ')}`;
  });
  return rows.join('\n');
}

/** A run without a successful request of an operation has not tested that operation. */
function operationsWithoutSuccess({ statuses }: Service): string[] {
  return operationIds().filter(
    (id) =>
      id !== NEVER_SUCCEEDS &&
      ![...(statuses.get(id)?.keys() ?? [])].some((status) => status < 300),
  );
}
