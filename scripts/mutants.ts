// Promise: the tests notice every small change to the statements that decide on sessions, passwords,
// delays and the audit log. Makes one change at a time, by the rules below, in a copy of the tree,
// runs the tests of that file there, and says which changes no test noticed; exits 1 if there are any.
//
//   node scripts/mutants.ts [--file TEXT] [--line TEXT] [--sample N] [--results FILE]
//
// --file and --line take only files and lines with that text; --sample takes every Nth change only;
// --results writes how many were caught and survived.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Which tests have to notice a change to a file. */
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
  'src/database/retention.ts': ['auth/audit-log', 'database/retention'],
  'src/database/counters.ts': ['auth/login-throttle', 'auth/user-enumeration', 'database/counters'],
  'src/todos/entity-tag.ts': ['todos/todos'],
};

/** Each makes another line of one, or the same where it does not apply. */
const RULES: ((line: string) => string)[] = [
  // A condition, a column or a step goes.
  (line) => (/^ *\.where\(.*\)(;?)$/.test(line) ? line.replace(/\.where\(.*\)/, '') : line),
  (line) => (/^ *\w+: (?!string)[a-z'][^{([]*,$/.test(line) ? '' : line),
  (line) => (/^ *(if \(.*\) )?await [^=]*;$/.test(line) ? '' : line),
  // A comparison is off by one, a condition the opposite.
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

/** Changes that make no difference, with the reason; a line by its beginning. */
const EQUIVALENT: Record<string, string> = {};

interface Mutant {
  file: string;
  /** From 0. */
  line: number;
  before: string;
  after: string;
}

function mutantsOf(file: string): Mutant[] {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  return lines.flatMap((before, line) => {
    if (/^ *(\/\/|\*|\/\*|import|export (type|interface)|\}? from)/.test(before)) return [];
    if (Object.keys(EQUIVALENT).some((start) => before.trim().startsWith(start))) return [];
    const changed = new Set(RULES.map((rule) => rule(before)).filter((after) => after !== before));
    return [...changed].map((after) => ({ file, line, before, after }));
  });
}

/** A copy of the tree for one mutant after the other. */
function makeCopy() {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  const parts = [
    'src',
    'test',
    'cli/commands',
    'generated',
    'openapi.yaml',
    'package.json',
    'tsconfig.json',
  ];
  for (const name of [...parts, 'vitest.config.ts', 'docs']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** @returns the first test that noticed; undefined if none did */
async function whatCaught(folder: string, { file, line, after }: Mutant) {
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

/** For so long a run may take, in milliseconds; one that never ends has noticed the change. */
const PATIENCE_MS = 120_000;

async function firstFailure(folder: string, tests: string[]): Promise<string | undefined> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const files = tests.map((name) => `test/${name}.test.ts`);
  const options = ['run', '--root', folder, '--bail', '1', '--typecheck.enabled=false', ...files];
  const child = spawn(process.execPath, [vitest, ...options], {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: PATIENCE_MS,
  });
  const [errors] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (child.signalCode) return 'a run that did not end';
  if (child.exitCode === 0) return undefined;
  return /FAIL +(.*)/.exec(errors)?.[1] ?? 'a run that could not begin';
}

const { values } = parseArgs({
  options: {
    file: { type: 'string', default: '' },
    line: { type: 'string', default: '' },
    sample: { type: 'string', default: '1' },
    results: { type: 'string' },
  },
});
const chosen = Object.keys(TESTS)
  .filter((file) => file.includes(values.file))
  .flatMap(mutantsOf)
  .filter(({ before }) => before.includes(values.line))
  .filter((_, index) => index % Number(values.sample) === 0);

const folders = Array.from({ length: Math.max(1, availableParallelism() / 2) }, makeCopy);
for (const file of new Set(chosen.map((mutant) => mutant.file))) {
  const failure = await firstFailure(folders[0] ?? '', TESTS[file] ?? []);
  if (failure) throw new Error(`nothing was changed in ${file}, and yet: ${failure}`);
}
const queue = chosen.values();
let caught = 0;
await Promise.all(
  folders.map(async (folder) => {
    for (const mutant of queue) {
      const test = await whatCaught(folder, mutant);
      if (test) caught += 1;
      const { file, line, before, after } = mutant;
      console.log(`${test ? '✔' : '✖ SURVIVED'} ${file}:${line + 1}`);
      console.log(`    ${before.trim()}\n    ${after.trim() || '(gone)'}`);
      if (test) console.log(`    caught by ${test}`);
    }
  }),
);
for (const folder of folders) rmSync(folder, { recursive: true });
console.log(`\n${caught} of ${chosen.length} caught`);
if (values.results) {
  const counts = { numPassedTests: caught, numFailedTests: chosen.length - caught };
  writeFileSync(values.results, JSON.stringify(counts));
}
if (caught < chosen.length) process.exitCode = 1;
