// Promise: whoever attacks the service with nothing but its contract in hand finds nothing in it that
// the contract does not say.
//
//   npm run contract -- attack                        Schemathesis against the service, signed in and signed out
//   npm run contract -- attack --seed 2            another run than the usual one
//   npm run contract -- attack --max-examples 500  a longer one (100 for each operation and phase by default)
//   npm run contract -- attack --results FILE      writes the numbers of cases that passed and failed, too
//
// It needs Python; Schemathesis installs itself into tools/schemathesis/.venv at the first run.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createClient } from '../src/client/index.ts';
import { document, listOperations } from '../src/http/openapi-document.ts';
import type { OperationId } from '../src/http/operation.ts';
import { executable, Missing, main, ROOT, run, wheels } from './tools.ts';

/** As tools/schemathesis/identities.yaml has it. */
const STRANGER = { username: 'stranger', password: 'correct horse battery staple' };

/**
 * A run makes thousands of mistakes on purpose. With the usual budgets it would soon meet nothing but
 * 429; what those do has tests of its own.
 */
const BUDGETS = {
  LOGIN_FREE_FAILURES: '1000000',
  LOGIN_FREE_FAILURES_PER_ADDRESS: '1000000',
  REFRESH_FREE_FAILURES: '1000000',
};

type How = 'signed-in' | 'signed-out';

/**
 * The phases of each run, one after the other. A stateful one ends early: a service that remembers
 * does not answer the same twice, and then Hypothesis gives up; so there are three.
 */
const ROUNDS: Record<How, string[]> = {
  'signed-in': ['examples,coverage,fuzzing,stateful', 'stateful', 'stateful'],
  'signed-out': ['examples,coverage,fuzzing'],
};

/** It would delete the account that the attack signs in with; the contract suite deletes accounts. */
const NEVER_SUCCEEDS: OperationId = 'deleteCurrentUser';

await main(async () => {
  const { seed, maxExamples, results } = options();
  const folder = await wheels('schemathesis');
  const reports = mkdtempSync(join(tmpdir(), 'attack-'));
  try {
    const inside = await attack('signed-in', { folder, reports, seed, maxExamples });
    const outside = await attack('signed-out', { folder, reports, seed, maxExamples });
    const passed = inside.passed + outside.passed;
    const failed = inside.failed + outside.failed;
    console.log(`\nattack: ${passed} passed, ${failed} failed (seed ${seed})`);
    if (results) {
      writeFileSync(results, JSON.stringify({ numPassedTests: passed, numFailedTests: failed }));
    }
    if (failed > 0) process.exitCode = 1;
  } finally {
    rmSync(reports, { recursive: true });
  }
});

function options() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      'max-examples': { type: 'string', default: '100' },
      results: { type: 'string' },
    },
  });
  for (const name of ['seed', 'max-examples'] as const) {
    if (!/^[1-9]\d{0,8}$/.test(values[name]))
      throw new Missing(`--${name} must be a number from 1`);
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

interface Outcome {
  passed: number;
  failed: number;
}

/** Runs Schemathesis against a service that only it knows, and reads the service's log along. */
async function attack(how: How, { folder, reports, seed, maxExamples }: Attack): Promise<Outcome> {
  using service = await serve();
  await createClient({ baseUrl: service.url }).POST('/auth/register', { body: STRANGER });
  const outcome = { passed: 0, failed: 0 };
  for (const [round, phases] of ROUNDS[how].entries()) {
    console.log(`\n${how}: ${phases}\n`);
    const file = join(reports, `${how}-${round}.json`);
    const what = ['run', join(ROOT, 'openapi.yaml'), '--url', service.url, '--phases', phases];
    const size = ['--seed', String(seed + round), '--max-examples', String(maxExamples)];
    const code = await run(
      executable(folder, 'st'),
      ['--config-file', `${how}.toml`, ...what, ...size, '--report-json-path', file],
      { cwd: folder, env: { PYTHONDONTWRITEBYTECODE: '1', HYPOTHESIS_STORAGE_DIRECTORY: reports } },
    );
    if (!existsSync(file)) throw new Missing('Schemathesis has ended without a report.');
    const { passed, failed } = outcomeOf(JSON.parse(readFileSync(file, 'utf8')));
    outcome.passed += passed;
    // A run that is cut short, and a warning that counts, are failures of no case.
    outcome.failed += code === 0 ? failed : Math.max(1, failed);
  }
  console.log(`\n${how}: ${service.requests} requests were answered:\n\n${answers(service)}`);
  const unreached = how === 'signed-in' ? neverDone(service) : [];
  for (const line of service.faults) console.error(`\nThe service has logged a fault: ${line}`);
  for (const id of unreached) console.error(`\nNever got through: ${id}`);
  outcome.failed += service.faults.length + unreached.length;
  return outcome;
}

/** The part of Schemathesis's report that counts. */
interface Report {
  test_cases: { generated: number; with_failures: number; errored: number };
  errors: unknown[];
}

function outcomeOf({ test_cases, errors }: Report): Outcome {
  const { generated, with_failures, errored } = test_cases;
  return {
    passed: generated - with_failures - errored,
    failed: with_failures + Math.max(errored, errors.length),
  };
}

interface Service {
  url: string;
  requests: number;
  /** By operation, how often it has answered with which status. */
  statuses: Map<string, Map<number, number>>;
  /** Lines of its log that tell of something that nobody expected. */
  faults: string[];
}

/** The real service, as `npm start` starts it, with a new database. */
async function serve(): Promise<Service & Disposable> {
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    DATABASE_URL: 'sqlite::memory:',
    ...BUDGETS,
  };
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/todos.mjs'), 'start'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const service: Service = { url: '', requests: 0, statuses: new Map(), faults: [] };
  service.url = await follow(child, service);
  return Object.assign(service, { [Symbol.dispose]: () => void child.kill() });
}

/** Reads the banner and then the log, line by line. @returns where the service answers */
function follow(child: ChildProcess, service: Service): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error('the service has ended')));
    if (!child.stdout) return;
    createInterface(child.stdout).on('line', (line) => {
      const url = /^ +OpenAPI Todos +(\S+)$/.exec(line)?.[1];
      if (url) resolve(url.replace('localhost', '127.0.0.1')); // no look-up for each request
      if (line.startsWith('{')) note(service, line);
    });
  });
}

function note(service: Service, line: string): void {
  const { level, operation, status }: Record<string, unknown> = JSON.parse(line);
  if (Number(level) >= 40) service.faults.push(line);
  if (typeof status !== 'number') return;
  service.requests += 1;
  const id = typeof operation === 'string' ? operation : 'none';
  const counts = service.statuses.get(id) ?? new Map<number, number>();
  service.statuses.set(id, counts.set(status, (counts.get(status) ?? 0) + 1));
}

function ids(): string[] {
  return [...listOperations(document)].map(({ operation }) => operation.operationId ?? '');
}

/** A table of operations and statuses. */
function answers({ statuses }: Service): string {
  const rows = [...ids(), 'none'].map((id) => {
    const counts = [...(statuses.get(id) ?? [])].sort(([a], [b]) => a - b);
    return `  ${id.padEnd(18)}${counts.map(([status, times]) => `${status} × ${times}`).join(', ')}`;
  });
  return rows.join('\n');
}

/** Operations that have never succeeded: an attack that does not get in proves little. */
function neverDone({ statuses }: Service): string[] {
  return ids().filter(
    (id) =>
      id !== NEVER_SUCCEEDS &&
      ![...(statuses.get(id)?.keys() ?? [])].some((status) => status < 300),
  );
}
