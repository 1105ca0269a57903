// The checks of the contract, run as a person runs them on a project of their own: this one, with one
// thing changed in its contract.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { ROOT } from '../../scripts/tools.ts';

const CONTRACT = readFileSync(join(ROOT, 'openapi.yaml'), 'utf8');

let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'todos-'));
  const installed = 'tools/contract/node_modules';
  for (const name of ['scripts', 'src', 'tools/contract', 'package.json']) {
    const filter = (path: string) => path !== join(ROOT, installed);
    cpSync(join(ROOT, name), join(project, name), { recursive: true, filter });
  }
  symlinkSync(join(ROOT, installed), join(project, installed));
});
afterAll(() => rmSync(project, { recursive: true }));

/** The contract with something else at a place; with nothing there, if there is no value. */
function changed(place: string[], value?: unknown, contract = CONTRACT): string {
  const document = parseDocument(contract);
  if (value === undefined) expect(document.deleteIn(place)).toBe(true);
  else document.setIn(place, value);
  return document.toString();
}

const withVersion = (version: string, contract = CONTRACT) =>
  changed(['info', 'version'], version, contract);

function run(script: string, ...args: string[]) {
  const command = [join(project, `scripts/${script}.ts`), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: project,
    encoding: 'utf8',
  });
  return { code: status, output: stdout + stderr };
}

describe('the linters', () => {
  function lint(contract: string) {
    writeFileSync(join(project, 'openapi.yaml'), contract);
    return run('lint-contract');
  }

  test('have nothing to say about the contract as it is', () => {
    const { code, output } = lint(CONTRACT);
    expect(output).toContain('Your API description is valid');
    expect(output).toContain('No results with a severity');
    expect(code).toBe(0);
  });

  const login = ['paths', '/auth/login', 'post'];
  const todo = ['components', 'schemas', 'Todo', 'properties', 'description'];
  test.each<[string, string[], unknown, string]>([
    ['an operation without a summary', [...login, 'summary'], undefined, 'operation-summary'],
    [
      'an example without a summary',
      ['components', 'examples', 'NotFound', 'summary'],
      undefined,
      'example-summary',
    ],
    ['a text of any length', [...todo, 'maxLength'], undefined, 'string-limit'],
    ['a text of any kind', [...todo, 'pattern'], undefined, 'string-restricted'],
    [
      'a list of any length',
      ['components', 'schemas', 'JwkSet', 'properties', 'keys', 'maxItems'],
      undefined,
      'array-limit',
    ],
    [
      'a login that tells nobody to wait',
      [...login, 'responses', '429'],
      undefined,
      'rate-limit-responses-429',
    ],
    [
      'a 429 that does not say how long',
      ['components', 'responses', 'TooManyRequests', 'headers', 'Retry-After'],
      undefined,
      'rate-limit-retry-after',
    ],
    [
      'a write that asks for no token',
      ['paths', '/todos', 'post', 'security'],
      [],
      'write-restricted',
    ],
    [
      'a read that nobody can be refused',
      ['paths', '/todos', 'get', 'responses', '401'],
      undefined,
      'error-responses-401',
    ],
  ])('find %s', (_, place, value, rule) => {
    const { code, output } = lint(changed(place, value));
    expect(output).toContain(rule);
    expect(code).toBe(1);
  });
});

describe('a new contract beside the one of the last release', () => {
  function diff(released: string, contract: string) {
    writeFileSync(join(project, 'released.yaml'), released);
    writeFileSync(join(project, 'openapi.yaml'), contract);
    return run('diff-contract', '--base', 'released.yaml');
  }

  const todo = ['paths', '/todos/{todo_id}', 'get'];
  const schemas = ['components', 'schemas'];
  const without = changed(todo);

  test.each([
    ['an operation that is gone', without],
    ['a status that is gone', changed([...todo, 'responses', '304'])],
    ['an answer that lacks a member', changed([...schemas, 'Session', 'properties', 'address'])],
    ['a narrower request', changed([...schemas, 'TodoTitle', 'maxLength'], 100)],
    ['a new duty', changed([...schemas, 'NewTodo', 'required'], ['title', 'done'])],
    ['another type', changed([...schemas, 'Todo', 'properties', 'done', 'type'], 'integer')],
  ])('is refused with %s under the same version', (_, contract) => {
    const { code, output } = diff(CONTRACT, contract);
    expect(output).toMatch(/stayed .*require a (minor|major) bump/);
    expect(code).toBe(1);
  });

  test.each([
    ['0.1.0', '0.1.1', 1],
    ['0.1.0', '0.2.0', 0],
    ['0.1.0', '1.0.0', 0],
    ['1.4.0', '1.5.0', 1],
    ['1.4.0', '2.0.0', 0],
  ])('may break from %s to %s only if that says so', (from, to, code) => {
    expect(diff(withVersion(from), withVersion(to, without)).code).toBe(code);
  });

  test.each([
    ['that is the same', CONTRACT],
    ['with a wider request', changed([...schemas, 'EntityTags', 'maxLength'], 2000)],
    ['with other words', changed([...todo, 'summary'], 'Read a todo')],
  ])('%s needs no new version', (_, contract) => {
    expect(diff(CONTRACT, contract).code).toBe(0);
  });

  test('is compared with what there is', () => {
    const { code, output } = run('diff-contract', '--base', 'v99.0.0');
    expect(code).toBe(1);
    expect(output).toBe('there is no openapi.yaml at v99.0.0\n');
  });
});
