// Mutation testing of the code for sessions, passwords, delays and the audit log. Applies one mutation
// at a time to a copy of the project, by the rules below, and runs the tests of the changed file there.
// Prints the mutations that no test caught, and exits with 1 if there are any.
//
//   node scripts/mutants.ts [--file TEXT] [--line TEXT] [--sample N] [--results FILE]
//
// --file and --line select the files and lines that contain the text; --sample takes every Nth
// mutation; --results writes how many were caught and how many survived.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { copyProject } from '../test/support/project-copy.ts';
import { readCommandLine, reportCounts } from './command-line.ts';
import { ROOT } from './tools.ts';

/** The tests that must catch a mutation of a file. */
const TESTS: Record<string, string[]> = {
  'src/auth/token-rotation.ts': [
    'auth/token-rotation',
    'auth/clock-skew',
    'auth/sessions',
    'auth/audit-log',
  ],
  'src/auth/session-repository.ts': ['auth/token-rotation', 'auth/sessions', 'auth/audit-log'],
  'src/auth/check-password.ts': ['auth/user-enumeration', 'auth/login-throttle', 'auth/sessions'],
  'src/auth/login-throttle.ts': ['auth/user-enumeration', 'auth/login-throttle'],
  'src/auth/user-repository.ts': [
    'auth/account-deletion',
    'auth/sessions',
    'auth/password',
    'cli/commands',
  ],
  'src/auth/refresh-token.ts': ['auth/token-rotation'],
  'src/database/audit-retention.ts': ['auth/audit-log', 'database/retention'],
  'src/database/batches.ts': ['auth/account-deletion', 'database/retention'],
  'src/database/retention.ts': ['auth/audit-log', 'database/retention'],
  'src/database/counters.ts': ['auth/login-throttle', 'auth/user-enumeration', 'database/counters'],
  'src/todos/entity-tag.ts': ['todos/todos'],
};

/** Each rule changes a line, or returns the same line where it does not apply. */
const RULES: ((line: string) => string)[] = [
  // Remove a condition, a column or a step.
  (line) => (/^ *\.where\(.*\)(;?)$/.test(line) ? line.replace(/\.where\(.*\)/, '') : line),
  (line) => (/^ *\w+: (?!string)[a-z'][^{([]*,$/.test(line) ? '' : line),
  (line) => (/^ *(if \(.*\) )?await [^=]*;$/.test(line) ? '' : line),
  // Shift a comparison by one, or negate a condition.
  (line) => line.replace(/'([<>])'/, "'$1='"),
  (line) => line.replace(/'([<>])='/, "'$1'"),
  (line) => line.replace(/ ([<>]) /, ' $1= '),
  (line) => line.replace(/ === /, ' !== '),
  (line) => line.replace(/ !== /, ' === '),
  (line) => line.replace(/ && /, ' || '),
  (line) => line.replace(/ \|\| /, ' && '),
  (line) => line.replace(/where\.or\(/, 'where.and('),
  (line) => line.replace(/where\.and\(/, 'where.or('),
  (line) => line.replace(/'(asc|desc)'/, (_, order) => (order === 'asc' ? "'desc'" : "'asc'")),
  (line) => line.replace(/ \+ /, ' - '),
  (line) => line.replace(/ - /, ' + '),
];

interface Mutant {
  file: string;
  /** The index of the line, from 0. */
  line: number;
  before: string;
  after: string;
}

function createMutants(file: string): Mutant[] {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  return lines.flatMap((before, line) => {
    if (/^ *(\/\/|\*|\/\*|import|export (type|interface)|\}? from)/.test(before)) return [];
    const changed = new Set(RULES.map((rule) => rule(before)).filter((after) => after !== before));
    return [...changed].map((after) => ({ file, line, before, after }));
  });
}

/** Copies the project; the copy is used for one mutant after the other. */
function makeCopy() {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  copyProject(folder, ['node_modules']);
  return folder;
}

/** @returns the first test that failed; undefined if none did */
async function testMutant(folder: string, { file, line, after }: Mutant) {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  const lines = source.split('\n');
  lines[line] = after;
  writeFileSync(path, lines.join('\n'));
  try {
    return await firstFailure(folder, TESTS[file] ?? []);
  } finally {
    writeFileSync(path, source);
  }
}

/** The longest time of a run. A run that does not end has caught the mutation. */
const RUN_TIMEOUT_MS = 120_000;

async function firstFailure(folder: string, tests: string[]): Promise<string | undefined> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const files = tests.map((name) => `test/${name}.test.ts`);
  const options = ['run', '--root', folder, '--bail', '1', '--typecheck.enabled=false', ...files];
  const child = spawn(process.execPath, [vitest, ...options], {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
  });
  const [errors] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (child.signalCode) return 'a run that did not end';
  if (child.exitCode === 0) return undefined;
  return /FAIL +(.*)/.exec(errors)?.[1] ?? 'a run that could not start';
}

const { values } = readCommandLine({
  options: {
    file: { type: 'string', default: '' },
    line: { type: 'string', default: '' },
    sample: { type: 'string', default: '1' },
    results: { type: 'string' },
  },
});
const chosen = Object.keys(TESTS)
  .filter((file) => file.includes(values.file))
  .flatMap(createMutants)
  .filter(({ before }) => before.includes(values.line))
  .filter((_, index) => index % Number(values.sample) === 0);

const folders = Array.from({ length: Math.max(1, availableParallelism() / 2) }, makeCopy);
for (const file of new Set(chosen.map((mutant) => mutant.file))) {
  const failure = await firstFailure(folders[0] ?? '', TESTS[file] ?? []);
  if (failure) throw new Error(`the tests of the unchanged ${file} fail: ${failure}`);
}
const queue = chosen.values();
let caught = 0;
await Promise.all(
  folders.map(async (folder) => {
    for (const mutant of queue) {
      const test = await testMutant(folder, mutant);
      if (test) caught += 1;
      const { file, line, before, after } = mutant;
      console.log(`${test ? '✔' : '✖ SURVIVED'} ${file}:${line + 1}`);
      console.log(`    ${before.trim()}\n    ${after.trim() || '(removed)'}`);
      if (test) console.log(`    caught by ${test}`);
    }
  }),
);
for (const folder of folders) rmSync(folder, { recursive: true });
console.log(`\n${caught} of ${chosen.length} caught`);
reportCounts(caught, chosen.length - caught, values.results);
