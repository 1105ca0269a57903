// Promise: every test that `npm test` leaves out runs, suite by suite, with a summary at the end that
// names what failed and what this machine lacks.
//
//   npm run test:all                         all suites that can run here
//   npm run test:all -- pgbouncer cluster    only those
//   npm run test:all -- --list               what there is, and what each needs
//   npm run test:all -- --install            installs what is missing with apt-get first (as root)
//   npm run test:all -- --complete           a suite that cannot run here counts as a failure
//   npm run test:all -- --results FOLDER     writes the numbers of each suite there, as JSON
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { readCommandLine } from './command-line.ts';
import { ROOT, run } from './tools.ts';

interface Suite {
  name: string;
  what: string;
  /** Arguments of Node.js. */
  command: string[];
  /** Commands that the machine must have, each with the package of Debian that has it. */
  needs?: Record<string, string>;
  /** Options that let it install what it needs by itself. */
  installs?: string[];
  environment?: Record<string, string>;
  /** How it is told where to write its numbers; one without writes none. */
  results?: (file: string) => string[];
}

const VITEST = 'node_modules/vitest/vitest.mjs';
const DIFFERENTIAL = ['test/http', 'test/server', 'test/todos', 'test/flows.test.ts'];
const PYTHON = { python3: 'python3-venv' };

const SUITES: Suite[] = [
  {
    ...vitest('processes', 'programs as they are started and killed, and large data'),
    command: [VITEST, 'run', '--project', 'processes'],
  },
  vitest('postgres', 'the tests on PostgreSQL, which comes along'),
  vitest('pgbouncer', 'sessions and todos through PgBouncer', { pgbouncer: 'pgbouncer' }),
  {
    ...vitest('proofs', 'the long races, models and comparisons'),
    command: [VITEST, 'run', 'test/auth', 'test/http/differential'],
    environment: { ROUNDS: '200' },
  },
  {
    ...vitest('differential', 'both validators see the requests of the tests'),
    command: [VITEST, 'run', ...DIFFERENTIAL, '--exclude', 'test/http/compiled-validators.test.ts'],
    environment: { DIFFERENTIAL: '1' },
  },
  vitest('docs', 'the commands of all pages, as a reader types them', { curl: 'curl' }),
  vitest('browser', 'the pages in a browser', { chromium: 'chromium' }),
  vitest('new', 'a resource that npm run new writes, and one by hand'),
  vitest('install', 'npm ci and npm start print nothing but the banner, on Node.js 20 to 26'),
  vitest('packages', 'the packages as they are published'),
  vitest('tools', 'the linters, the mock, and all consumers of docs/tools.md', {
    ...PYTHON,
    go: 'golang-go',
    java: 'default-jre-headless',
    'systemd-analyze': 'systemd',
  }),
  vitest('clients', 'the generated clients in six languages', { java: 'default-jre-headless' }),
  vitest('image', 'the image of the Dockerfile', { buildah: 'buildah', mmdebstrap: 'mmdebstrap' }),
  script('diff', 'openapi.yaml against the last release', ['scripts/diff-contract.ts']),
  {
    ...script('deploy', 'the linters on Dockerfile, compose.yaml and the systemd unit', [
      'scripts/lint-deploy.ts',
    ]),
    needs: { ...PYTHON, 'systemd-analyze': 'systemd' },
  },
  counted('attack', 'Schemathesis against the service', ['scripts/attack.ts'], PYTHON),
  counted('coverage', 'every declared status and header', ['scripts/contract-coverage.ts']),
  counted('broken-servers', 'the contract tests notice each', ['scripts/contract-mutants.ts']),
  counted('mutants', 'the tests notice small changes to token rotation', [
    'scripts/mutants.ts',
    '--file',
    'token-rotation',
  ]),
  {
    ...counted('cluster', 'PostgreSQL under Patroni loses its primary', ['test/cluster/main.ts'], {
      patroni: 'patroni',
      etcd: 'etcd-server',
      haproxy: 'haproxy',
    }),
    installs: ['--install'], // and keeps them from starting services of their own
  },
];

function vitest(name: string, what: string, needs: Record<string, string> = {}): Suite {
  const command = [VITEST, 'run', '-c', `test/${name}/vitest.config.ts`];
  if (name === 'clients') command[3] = 'test/languages/vitest.config.ts';
  const results = (file: string) => [
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  return { name, what, command, needs, results };
}

function script(name: string, what: string, command: string[]): Suite {
  return { name, what, command };
}

function counted(name: string, what: string, command: string[], needs = {}): Suite {
  return { name, what, command, needs, results: (file) => ['--results', file] };
}

/** Packages of Debian that the machine lacks for a suite. */
function missingPackages({ needs = {} }: Suite): string[] {
  const absent = Object.entries(needs).filter(([command]) => !isInstalled(command));
  return absent.map(([, name]) => name);
}

async function installPackages(names: string[]): Promise<void> {
  console.log(`Installing ${names.join(', ')} …`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env });
  await run('apt-get', ['install', '-y', '-qq', ...names], { env });
}

/** Other browsers do as well. */
const BROWSERS = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  process.env['CHROME_PATH'] ?? '',
];

function isInstalled(command: string): boolean {
  if (command === 'python3') {
    const { status } = spawnSync('python3', ['-c', 'import ensurepip'], { stdio: 'ignore' });
    return status === 0; // Debian has it in a package of its own
  }
  const names = command === 'chromium' ? BROWSERS.filter((name) => name) : [command];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return names.some((name) => folders.some((folder) => existsSync(resolve(folder, name))));
}

interface Outcome {
  name: string;
  verdict: 'passed' | 'FAILED' | 'not run';
  detail: string;
}

async function runSuite(suite: Suite, folder: string): Promise<Outcome> {
  const { name, command, environment = {}, installs } = suite;
  const missing = missingPackages(suite);
  const installsItself = values.install && installs !== undefined;
  if (missing.length > 0 && values.install && !installsItself) await installPackages(missing);
  const absent = installsItself ? [] : missingPackages(suite);
  if (absent.length > 0) return { name, verdict: 'not run', detail: needsOf(absent) };
  const file = join(folder, `${name}.json`);
  const started = performance.now();
  const options = installsItself ? installs : [];
  const args = [...command, ...options, ...(suite.results?.(file) ?? [])];
  const code = await run(process.execPath, args, { env: environment });
  const seconds = Math.round((performance.now() - started) / 1000);
  const detail = `${numbersOf(file)}${seconds} s`;
  return { name, verdict: code === 0 ? 'passed' : 'FAILED', detail };
}

function needsOf(packages: string[]): string {
  return `needs ${packages.join(', ')}: apt-get install ${packages.join(' ')}, or --install`;
}

function numbersOf(file: string): string {
  if (!existsSync(file)) return '';
  const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(file, 'utf8'));
  return `${passed} passed, ${failed} failed, `;
}

function print(outcomes: Outcome[]): void {
  const width = Math.max(...outcomes.map(({ name }) => name.length));
  for (const { name, verdict, detail } of outcomes) {
    console.log(`  ${name.padEnd(width)}  ${verdict.padEnd(7)}  ${detail}`);
  }
}

const { values, positionals } = readCommandLine({
  allowPositionals: true,
  options: {
    install: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    complete: { type: 'boolean', default: false },
    results: { type: 'string' },
  },
});
const unknown = positionals.filter((name) => !SUITES.some((suite) => suite.name === name));
const chosen = SUITES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}; --list shows what there is.`);
  process.exitCode = 2;
} else if (values.list) {
  for (const suite of SUITES) {
    const missing = missingPackages(suite);
    const needs = missing.length > 0 ? `; ${needsOf(missing)}` : '';
    console.log(`  ${suite.name.padEnd(14)}  ${suite.what}${needs}`);
  }
} else {
  await main();
}

async function main(): Promise<void> {
  process.chdir(ROOT);
  spawnSync(process.execPath, ['scripts/use-node.cjs']);
  const folder = values.results ? resolve(values.results) : mkdtempSync(join(tmpdir(), 'tests-'));
  const outcomes: Outcome[] = [];
  for (const [index, suite] of chosen.entries()) {
    console.log(`\n== ${suite.name} (${index + 1} of ${chosen.length}): ${suite.what}`);
    outcomes.push(await runSuite(suite, folder));
    print(outcomes.slice(-1));
  }
  console.log('\nSummary');
  print(outcomes);
  const bad = outcomes.filter(
    ({ verdict }) => verdict === 'FAILED' || (values.complete && verdict === 'not run'),
  );
  if (bad.length > 0) process.exitCode = 1;
}
