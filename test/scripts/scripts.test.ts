// The scripts of package.json: what they print when they are called wrongly, and that all of them exist.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { expect, test } from 'vitest';
import { runScript } from '../support/cli.ts';

const script = (name: string) => new URL(`../../scripts/${name}.ts`, import.meta.url).pathname;

test.each(['contract-coverage', 'contract-mutants', 'generate', 'mock', 'attack', 'test-all'])(
  'the script %s with an unknown option: says so, and exit code 2',
  async (name) => {
    const { code, output } = await runScript([script(name), '--bogus']);
    expect(output).toMatch(/^Unknown option '--bogus'[^\n]*\n$/);
    expect(code).toBe(2);
  },
);

test.each([
  [['run', 'contract', 'lnit'], /^npm run contract -- lnit: the subcommands are coverage, .*lint/],
  [['run', 'bench', 'x'], /^npm run bench -- x: the subcommands are login, overload, tracing\n$/],
  [['test-all', '--jobs', 'two'], /^--jobs takes a whole number from 1, not two\.\n$/],
  [['mock', '--port', 'x'], /^--port must be a number from 1 to 65535\n$/],
  [['attack', '--seed', 'x'], /^--seed must be a number from 1\n$/],
  [['run', 'bench', '--bogus'], /^error: unknown option '--bogus'\n$/],
  [['test-all', 'postgers'], /^There is no suite postgers\. --list lists the suites\.\n$/],
])(
  'the script %j with a wrong argument says what it takes, exit code 2',
  async ([name = '', ...args], message) => {
    const { code, output } = await runScript([script(name), ...args]);
    expect(output).toMatch(message);
    expect(code).toBe(2);
  },
);

test('test:all names each suite whose programs are missing, with the packages to install', async () => {
  const all = (...args: string[]) => runScript([script('test-all'), ...args], { PATH: '' });
  // Java is in no folder but those of PATH; PgBouncer would be found in /usr/sbin.
  const needs = 'needs default-jre-headless: apt-get install default-jre-headless, or --install';
  expect(await all('clients')).toEqual({
    code: 0,
    output: expect.stringMatching(new RegExp(`\\nSummary\\n  clients  not run  ${needs}\\n$`)),
  });
  expect((await all('clients', '--complete')).code).toBe(1);
  expect((await all('--list')).output).toContain(`in six languages; ${needs}\n`);
});

test('test:all runs every folder of tests that has a vitest.config.ts', async () => {
  const { output } = await runScript([script('test-all'), '--list']);
  const files = globSync('*/vitest.config.ts', { cwd: `${import.meta.dirname}/..` });
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    const name = file.split(sep)[0] === 'languages' ? 'clients' : file.split(sep)[0];
    expect(`\n${output}`).toContain(`\n  ${name} `);
  }
});

test('package.json has at most 18 scripts, and each file that they run exists', () => {
  const root = new URL('../../', import.meta.url);
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  expect(Object.keys(scripts).length).toBeLessThanOrEqual(18);
  for (const file of JSON.stringify(scripts).match(/[\w./-]+\.(ts|cjs|mjs|json)\b/g) ?? []) {
    expect(existsSync(new URL(file, root)), file).toBe(true);
  }
});

test('the script clients without Java, or with a wrong generator name: a message, and exit code 1', async () => {
  const without = await runScript([script('clients')], { PATH: '' });
  expect(without.code).toBe(1);
  expect(without.output).toBe(
    'openapi-generator needs Java 11 or newer, and there is no `java` in the PATH: install a JRE.\n',
  );
  const elsewhere = await runScript([script('clients'), '../src']);
  expect(elsewhere).toEqual({ code: 1, output: '../src is not the name of a generator\n' });
});
