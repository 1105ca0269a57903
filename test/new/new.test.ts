// A resource that `npm run new` writes, and one written as docs/adding-a-resource.md says, are the same.
// They pass every check, and no other file has to change.
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installNpmPackages, ROOT } from '../../scripts/tools.ts';
import { copyProject } from '../support/project-copy.ts';
import { noteFaults } from './faults.ts';
import { apply, stepsOf } from './page.ts';

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test', ...args], {
    cwd,
    encoding: 'utf8',
  });

let folder: string;
beforeAll(async () => {
  await installNpmPackages('contract');
  folder = mkdtempSync(join(tmpdir(), 'todos-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of the project with what is installed in it, and a commit of its own. */
function installedCopy(name: string): string {
  const project = join(folder, name);
  copyProject(project, ['node_modules', 'tools/contract/node_modules']);
  git(project, 'init', '--quiet');
  git(project, 'add', '--all');
  git(project, 'commit', '--quiet', '--message', 'Copy');
  return project;
}

function run(project: string, script: string, ...args: string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(project, script), ...args], {
    cwd: project,
    encoding: 'utf8',
    env,
  });
  return { code: status, output: stdout + stderr };
}

/** What has been written since the copy was made. */
function changes(project: string): string {
  git(project, 'add', '--all');
  return git(project, 'diff', '--cached');
}

/** A project in which `npm run new` has written notes, and then a resource with all types of fields. */
let written: string;
let notes: { outcome: object; changes: string };
let lists: { outcome: object; removedLines: string | undefined };
beforeAll(() => {
  written = installedCopy('written');
  notes = { outcome: run(written, 'scripts/new.ts', 'notes'), changes: changes(written) };
  const fields = 'name:string,note:text?,is_done:boolean?,item_count:integer,is_shared:boolean';
  const outcome = run(written, 'scripts/new.ts', 'shopping-lists', '--fields', fields);
  changes(written);
  const [, removedLines] = git(
    written,
    ...['diff', '--cached', '--numstat', '--', 'openapi.yaml'],
  ).split('\t');
  lists = { outcome, removedLines };
});

test('docs/adding-a-resource.md and npm run new write the same seven files', () => {
  expect(notes.outcome).toMatchObject({ code: 0 });
  const byHand = installedCopy('by-hand');
  const steps = stepsOf(readFileSync(join(ROOT, 'docs/adding-a-resource.md'), 'utf8'));
  for (const step of steps) apply(step, byHand);
  expect(new Set(steps.map(({ file }) => file)).size).toBe(7);
  expect(run(byHand, 'scripts/generate.ts')).toMatchObject({ code: 0 });
  expect(changes(byHand)).toBe(notes.changes);
});

test('npm run new adds a second resource with fields of every type', () => {
  expect(lists.outcome).toMatchObject({ code: 0 });
  expect(lists.removedLines).toBe('0');
});

const VITEST = ['node_modules/vitest/vitest.mjs', 'run'] as const;
const TESTS = [
  'test/notes',
  'test/shopping-lists',
  'test/resources.test.ts',
  'test/cli/export.test.ts',
];
const OF_THE_CONTRACT = ['statuses', 'examples', 'contract', 'routing', 'differential'].map(
  (name) => `test/http/${name}.test.ts`,
);

test.each<[string, string, ...string[]]>([
  ['the generated files are up to date', 'scripts/generate.ts', '--check'],
  ['the linters find nothing in the contract', 'scripts/lint-contract.ts'],
  ['the project compiles', 'node_modules/typescript/bin/tsc'],
  [
    'the project is formatted',
    'node_modules/@biomejs/biome/bin/biome',
    'check',
    '--error-on-warnings',
  ],
  ['no file or export is unused', 'node_modules/knip/bin/knip.js'],
  ['the tests of the new resource and of user data pass', ...VITEST, ...TESTS, 'test/database'],
  ['the tests of every operation pass', ...VITEST, ...OF_THE_CONTRACT, 'test/docs/imports.test.ts'],
])('%s', (_what, script, ...args: string[]) => {
  const { code, output } = run(written, script, ...args);
  expect(code, output).toBe(0);
});

describe('a service with notes', () => {
  let service: ChildProcessByStdio<null, Readable, null>;
  let url = '';
  beforeAll(async () => {
    service = spawn(process.execPath, [join(written, 'src/cli/todos.mjs'), 'start'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PORT: '0',
        DATABASE_URL: 'sqlite::memory:',
        LOG_LEVEL: 'warn',
        LOGIN_FREE_FAILURES_PER_ADDRESS: '1000000',
      },
    });
    let output = '';
    for await (const chunk of service.stdout.setEncoding('utf8')) {
      output += chunk;
      if (output.includes('contract')) break;
    }
    url = /http:\/\/localhost:\d+/.exec(output)?.[0] ?? '';
  });
  afterAll(async () => {
    service.kill();
    await once(service, 'exit');
  });

  test('the service with the new resource passes its contract tests', () => {
    const suite = run(written, 'scripts/run.ts', 'contract', '--base-url', url);
    expect(suite.code, suite.output).toBe(0);
  });

  test('the checks that come from the document notice each fault', () => {
    const { code, output } = run(written, 'test/new/broken-servers.ts', url);
    expect(code, output).toBe(0);
    const expected = noteFaults.map(({ operation, what, noticedBy }) => [
      `${operation} ${what}`,
      `${operation}: ${noticedBy}`,
    ]);
    expect(JSON.parse(output)).toEqual(Object.fromEntries(expected));
  });
});

test.each([
  ['no name', [], 'The name of the resource is missing. For example: npm run new -- notes'],
  ['a name with upper case', ['Notes'], 'Notes must be lower-case words'],
  ['a singular', ['note'], 'note is not a regular plural'],
  ['a name that is a keyword of TypeScript', ['classes'], 'class is a keyword of TypeScript.'],
  ['a resource that is there', ['todos'], 'There is the folder src/todos already.'],
  ['a table that is there', ['sessions'], 'There is Session in openapi.yaml already.'],
  ['a path of another page', ['metrics'], 'already. Choose another name.'],
  ['two names', ['books', 'pens'], 'Give one name only'],
  ['an unknown option', ['books', '--field', 'x'], 'Unknown option'],
  ['a field without a type', ['books', '--fields', 'title'], '"title" must be a field such as'],
  ['a type that is not known', ['books', '--fields', 'a:date'], 'string, text, integer, boolean'],
  ['a field that every resource has', ['books', '--fields', 'id:string'], 'has the field id'],
  ['a field twice', ['books', '--fields', 'a:text,a:text'], 'There are two fields a.'],
  ['optional fields only', ['books', '--fields', 'a:text?'], 'must be required'],
])('%s: exit code 2, a sentence, and nothing is written', (_what, args, message) => {
  const before = git(ROOT, 'status', '--short');
  const { code, output } = run(ROOT, 'scripts/new.ts', ...args);
  expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining(message) });
  expect(output).not.toContain('    at ');
  expect(git(ROOT, 'status', '--short')).toBe(before);
});
