// Runs the test suites that are not part of `npm test`. A summary at the end names the suites that
// failed and the programs that this machine lacks.
//
//   npm run test:all                         all suites that can run here
//   npm run test:all -- pgbouncer cluster    only the named suites
//   npm run test:all -- --list               lists the suites and what each needs
//   npm run test:all -- --install            first installs missing programs with apt-get (as root)
//   npm run test:all -- --complete           a suite that cannot run here counts as a failure
//   npm run test:all -- --results FOLDER     writes the counts of each suite to the folder, as JSON
//   npm run test:all -- --jobs 2             runs two suites at a time; prints each when it has ended
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { readCommandLine } from './command-line.ts';
import { SUITES, type Suite } from './suites.ts';
import { ROOT, run } from './tools.ts';

/** The Debian packages that a suite needs and the machine lacks. */
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

/** Any of these can run the browser tests. */
const BROWSERS = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  process.env['CHROME_PATH'] ?? '',
];

function isInstalled(command: string): boolean {
  if (command === 'python3') {
    const { status } = spawnSync('python3', ['-c', 'import ensurepip'], { stdio: 'ignore' });
    return status === 0; // on Debian, python3 alone cannot make a virtual environment
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

/** Installs what the suites need, in one go. */
async function installMissing(suites: Suite[]): Promise<void> {
  const missing = suites.filter(({ installs }) => !installs).flatMap(missingPackages);
  if (missing.length > 0) await installPackages([...new Set(missing)]);
}

/** Starts the suites in their order and runs up to `jobs` at the same time. */
async function runSuites(suites: Suite[], jobs: number, folder: string): Promise<Outcome[]> {
  const waiting = [...suites];
  const running = new Map<Suite, Promise<void>>();
  const outcomes = new Map<Suite, Outcome>();
  while (waiting.length > 0 || running.size > 0) {
    const busy = new Set([...running.keys()].flatMap(({ writes = [] }) => writes));
    const next = waiting.findIndex(({ writes = [] }) => writes.every((name) => !busy.has(name)));
    const [suite] = running.size < jobs && next >= 0 ? waiting.splice(next, 1) : [];
    if (!suite) {
      await Promise.race(running.values());
      continue;
    }
    console.log(
      `\n== ${suite.name} (${suites.length - waiting.length} of ${suites.length}): ${suite.what}`,
    );
    const end = runSuite(suite, folder, jobs > 1).then((outcome) => {
      outcomes.set(suite, outcome);
      print([outcome]);
      running.delete(suite);
    });
    running.set(suite, end);
  }
  return suites.flatMap((suite) => outcomes.get(suite) ?? []);
}

/** @param isApart prints the output when the suite has ended, because others run at the same time */
async function runSuite(suite: Suite, folder: string, isApart: boolean): Promise<Outcome> {
  const { name, command, environment = {}, installs } = suite;
  const installsItself = values.install && installs !== undefined;
  const absent = installsItself ? [] : missingPackages(suite);
  if (absent.length > 0) return { name, verdict: 'not run', detail: formatNeeds(absent) };
  const file = join(folder, `${name}.json`);
  const started = performance.now();
  const options = installsItself ? installs : [];
  const args = [...command, ...options, ...(suite.results?.(file) ?? [])];
  const log = join(folder, `${name}.log`);
  const output = isApart ? openSync(log, 'w') : undefined;
  const code = await run(process.execPath, args, { env: environment, output });
  if (output !== undefined) {
    closeSync(output);
    console.log(`\n== ${name} has ended; its output:\n${readFileSync(log, 'utf8')}`);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  const detail = `${formatCounts(file)}${seconds} s`;
  return { name, verdict: code === 0 ? 'passed' : 'FAILED', detail };
}

function formatNeeds(packages: string[]): string {
  return `needs ${packages.join(', ')}: apt-get install ${packages.join(' ')}, or --install`;
}

function formatCounts(file: string): string {
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
    jobs: { type: 'string', default: '1' },
  },
});
const jobs = Number(values.jobs);
const unknown = positionals.filter((name) => !SUITES.some((suite) => suite.name === name));
const chosen = SUITES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}. --list lists the suites.`);
  process.exitCode = 2;
} else if (!Number.isInteger(jobs) || jobs < 1) {
  console.error(`--jobs takes a whole number from 1, not ${values.jobs}.`);
  process.exitCode = 2;
} else if (values.list) {
  for (const suite of SUITES) {
    const missing = missingPackages(suite);
    const needs = missing.length > 0 ? `; ${formatNeeds(missing)}` : '';
    console.log(`  ${suite.name.padEnd(14)}  ${suite.what}${needs}`);
  }
} else {
  await main();
}

async function main(): Promise<void> {
  process.chdir(ROOT);
  spawnSync(process.execPath, ['scripts/use-node.cjs']);
  const folder = values.results ? resolve(values.results) : mkdtempSync(join(tmpdir(), 'tests-'));
  mkdirSync(folder, { recursive: true });
  if (values.install) await installMissing(chosen);
  const outcomes = await runSuites(chosen, jobs, folder);
  console.log('\nSummary');
  print(outcomes);
  const bad = outcomes.filter(
    ({ verdict }) => verdict === 'FAILED' || (values.complete && verdict === 'not run'),
  );
  if (bad.length > 0) process.exitCode = 1;
}
