// The checks of the contract, run as a person runs them on a project of their own: this one, with one
// thing changed in its contract.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { runScript } from '../support/cli.ts';
import { copyProject } from '../support/project-copy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const project = temporaryFolder();
afterAll(project[Symbol.dispose]);
copyProject(project.path, ['tools/contract/node_modules']);
const CONTRACT = readFileSync(project.file('openapi.yaml'), 'utf8');

/** The contract with something else at a place; with nothing there, if there is no value. */
function changed(place: string[], value?: unknown, contract = CONTRACT): string {
  const document = parseDocument(contract);
  if (value === undefined) expect(document.deleteIn(place)).toBe(true);
  else document.setIn(place, value);
  return document.toString();
}

const withVersion = (version: string, contract = CONTRACT) =>
  changed(['info', 'version'], version, contract);

const run = (script: string, ...args: string[]) =>
  runScript([project.file(`scripts/${script}.ts`), ...args], {}, project);

interface Fault {
  title: string;
  place: string[];
  value?: unknown;
  finding: RegExp;
  /** Also tried without the others: the one error of Redocly, and a warning of Spectral. */
  isAlone?: true;
}

/** Faults, each where it is made and what a linter says of it. */
const FAULTS: Fault[] = [
  {
    title: 'an operation without a summary',
    place: ['paths', '/auth/login', 'post', 'summary'],
    finding: /#\/paths\/~1auth~1login\/post\/summary[\s\S]*the operation-summary rule/,
    isAlone: true,
  },
  {
    title: 'an example without a summary',
    place: ['components', 'examples', 'NotFound', 'summary'],
    finding: /error +example-summary .* components\.examples\.NotFound$/m,
  },
  {
    title: 'a text of any length',
    place: ['components', 'schemas', 'Todo', 'properties', 'description', 'maxLength'],
    finding: /string-limit .* components\.schemas\.Todo\.properties\.description/,
  },
  {
    title: 'a text of any kind',
    place: ['components', 'schemas', 'Todo', 'properties', 'description', 'pattern'],
    finding: /string-restricted .* components\.schemas\.Todo\.properties\.description/,
  },
  {
    title: 'a list of any length',
    place: ['components', 'schemas', 'JwkSet', 'properties', 'keys', 'maxItems'],
    finding: /array-limit .* components\.schemas\.JwkSet\.properties\.keys/,
  },
  {
    title: 'a login without a 429',
    place: ['paths', '/auth/login', 'post', 'responses', '429'],
    finding: /rate-limit-responses-429 .* paths\.\/auth\/login\.post\.responses/,
  },
  {
    title: 'a 429 that does not say how long to wait',
    place: ['components', 'responses', 'TooManyRequests', 'headers', 'Retry-After'],
    finding: /rate-limit-retry-after .* components\.responses\.TooManyRequests\.headers/,
  },
  {
    title: 'a write that asks for no token',
    place: ['paths', '/todos', 'post', 'security'],
    value: [],
    finding: /write-restricted .* paths\.\/todos\.post\.security/,
  },
  {
    title: 'a read without a 401',
    place: ['paths', '/todos', 'get', 'responses', '401'],
    finding: /warning .*error-responses-401 .* paths\.\/todos\.get\.responses/,
    isAlone: true,
  },
];

describe('the linters', async () => {
  function lint(contract: string) {
    writeFileSync(project.file('openapi.yaml'), contract);
    return run('lint-contract');
  }

  test('have nothing to say about the contract as it is', async () => {
    const { code, output } = await lint(CONTRACT);
    expect(output).toContain('Your API description is valid');
    expect(output).toContain('No results with a severity');
    expect(code).toBe(0);
  });

  const all = FAULTS.reduce((text, { place, value }) => changed(place, value, text), CONTRACT);
  const { output: report } = await lint(all);
  test.each(FAULTS)('report $title beside other faults', ({ finding }) =>
    expect(report).toMatch(finding),
  );

  test.each(FAULTS.filter(({ isAlone }) => isAlone))(
    'exit with 1 if $title is the only fault',
    async ({ place, value, finding }) => {
      const output = expect.stringMatching(finding);
      expect(await lint(changed(place, value))).toEqual({ code: 1, output });
    },
  );
});

describe('a new contract beside the one of the last release', () => {
  function diff(released: string, contract: string) {
    writeFileSync(project.file('released.yaml'), released);
    writeFileSync(project.file('openapi.yaml'), contract);
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
  ])('a change (%s) without a new version is rejected', async (_, contract) => {
    const output = expect.stringMatching(/stayed .*require a (minor|major) bump/);
    expect(await diff(CONTRACT, contract)).toEqual({ code: 1, output });
  });

  test.each([
    ['0.1.0', '0.1.1', 1],
    ['0.1.0', '0.2.0', 0],
    ['0.1.0', '1.0.0', 0],
    ['1.4.0', '1.5.0', 1],
    ['1.4.0', '2.0.0', 0],
  ])('may break from %s to %s only if that says so', async (from, to, code) => {
    expect(await diff(withVersion(from), withVersion(to, without))).toMatchObject({ code });
  });

  test.each([
    ['that is the same', CONTRACT],
    ['with a wider request', changed([...schemas, 'EntityTags', 'maxLength'], 2000)],
    ['with other words', changed([...todo, 'summary'], 'Read a todo')],
  ])('%s needs no new version', async (_, contract) => {
    expect(await diff(CONTRACT, contract)).toMatchObject({ code: 0 });
  });

  test('is compared with what there is', async () => {
    const output = 'there is no openapi.yaml at v99.0.0\n';
    expect(await run('diff-contract', '--base', 'v99.0.0')).toEqual({ code: 1, output });
  });
});
