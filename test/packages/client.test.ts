// The client as others get it: packed, and installed by npm into an empty project.
//
//   npm run test:all -- packages
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { installNpmPackages, npmCommand, ROOT } from '../../scripts/tools.ts';
import { startSharedBrowser } from '../browser/chromium.ts';
import { type ClientGlobals, openClientPage } from '../browser/client-page.ts';
import { startService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { DEMO } from '../support/users.ts';
import { nodePath } from './node-path.ts';

const run = promisify(execFile);
const name = 'openapi-todos-client';
const temporary = temporaryFolder();
afterAll(temporary[Symbol.dispose]);
const project = temporary.path;
const tools = await installNpmPackages('packages');
const packed = await run(process.execPath, ['scripts/pack-client.ts'], { cwd: ROOT });
const tarball = join(ROOT, 'dist', String(packed.stdout.trim().split('\n').at(-1)));
await writeFile(join(project, 'package.json'), '{ "type": "module" }');
const [npm, ...options] = npmCommand();
await run(npm, [...options, 'install', tarball, '--no-audit', '--no-fund'], { cwd: project });

const packageJson = async (folder: string): Promise<{ version: string }> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));

test('the client brings openapi-fetch, its helper and nothing else', async () => {
  const installed = (await readdir(join(project, 'node_modules'))).filter((n) => n[0] !== '.');
  expect(installed.toSorted()).toEqual(['openapi-fetch', name, 'openapi-typescript-helpers']);
});

test('the client is installed with the openapi-fetch that it is tested with', async () => {
  const [installed, tested] = [project, ROOT].map((folder) =>
    packageJson(join(folder, 'node_modules/openapi-fetch')),
  );
  expect((await installed)?.version).toBe((await tested)?.version);
});

test('the package holds compiled modules, their types and source maps, and the contract', async () => {
  const folder = join(project, 'node_modules', name);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = files.filter((file) => file.isFile()).map((file) => file.name);
  const modules = (await readdir(join(ROOT, 'src/client')))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''));
  const compiled = modules.flatMap((m) => [`${m}.js`, `${m}.js.map`, `${m}.d.ts`]);
  const others = ['LICENSE', 'README.md', 'openapi.d.ts', 'package.json'];
  expect(names.toSorted()).toEqual([...compiled, ...others].toSorted());

  const map = JSON.parse(await readFile(join(folder, 'dist/client/index.js.map'), 'utf8'));
  const source = await readFile(join(ROOT, 'src/client/index.ts'), 'utf8');
  expect(map.sourcesContent).toEqual([source]);
});

test('publint finds nothing in the package', async () => {
  const { stdout } = await run(join(tools, 'node_modules/.bin/publint'), [tarball, '--strict']);
  expect(stdout).toContain('All good!');
});

test('Are the Types Wrong finds nothing but that it is an ES module', async () => {
  const args = ['--format', 'json', '--ignore-rules', 'cjs-resolves-to-esm'];
  const { stdout } = await run(join(tools, 'node_modules/.bin/attw'), [tarball, ...args]);
  expect(JSON.parse(stdout)).toMatchObject({ analysis: { packageName: name, types: {} } });
});

/** Signs in, lets the token expire, pages through todos, reads a problem, signs out. */
const program = `
  import { createClient } from '${name}';
  const client = createClient({ baseUrl: process.argv[2] });
  await client.login('${DEMO.username}', '${DEMO.password}');
  await client.POST('/auth/logout');
  const { error } = await client.GET('/auth/me');
  await client.login('${DEMO.username}', '${DEMO.password}');
  await client.POST('/todos', { body: { title: 'On ' + process.version } });
  for await (const todo of client.todos({ q: process.version })) console.log(todo.title);
  console.log(error.code);
  console.log((await client.logout()).data.message);
`;

const nodes = [20, 22, 26].map((major) => ({ major, path: nodePath(major) }));

test.each(nodes)('the package works on Node.js $major', async ({ major, path }) => {
  await using service = await startService();
  await writeFile(join(project, 'program.js'), program);
  const { stdout } = await run(path, ['program.js', service.url], { cwd: project });
  const output = String.raw`^On v${major}\.\d+\.\d+\nsession_ended\nYou have been logged out.\n$`;
  expect(stdout).toMatch(new RegExp(output));
});

const browser = await startSharedBrowser();

// A global of the page.
declare const client: ClientGlobals['client'];

test('the package works in a browser', async () => {
  await using service = await startService();
  const modules = { folder: project, client: `node_modules/${name}/dist/client/index.js` };
  const page = await openClientPage(await browser.newContext(), service.url, modules);
  const signIn = ({ username, password }: typeof DEMO) => client.login(username, password);
  await page.evaluate(signIn, DEMO);
  service.clock.advance(901);
  const me = await page.evaluate(async () => (await client.GET('/auth/me')).data);
  expect(me?.username).toBe(DEMO.username);
});

/** What TypeScript finds wrong with the files of a folder. */
async function compile(folder: string, options: object, files?: string[]) {
  const lib = ['es2022', 'dom', 'dom.iterable'];
  const common = { lib, target: 'es2022', strict: true, noEmit: true, types: [] };
  const config = JSON.stringify({ compilerOptions: { ...common, ...options }, files });
  await writeFile(join(folder, 'tsconfig.json'), config);
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [compiler, '-p', folder]).catch((error) => error);
  return stdout;
}

// With `preserve`, packages are found as a bundler finds them.
test.each(['nodenext', 'preserve'])(
  'the types of the package know the contract (module %s)',
  async (module) => {
    const source = `
    import { createClient, memoryTokens, type Todo, type TokenStore } from '${name}';
    const tokens: TokenStore = memoryTokens();
    const client = createClient({ baseUrl: 'http://localhost:8000', tokens });
    const { data, error } = await client.GET('/todos', { params: { query: { done: true } } });
    export const titles: string[] | undefined = data?.map(({ title }) => title);
    export const invalid: boolean = error?.code === 'invalid_request';
    for await (const todo of client.todos({ limit: 5 })) todo satisfies Todo;
    // @ts-expect-error a path that the contract lacks
    await client.GET('/todo');
    // @ts-expect-error a code that the contract lacks
    export const never = error?.code === 'no_such_code';
    // @ts-expect-error a body without its title
    await client.POST('/todos', { body: { done: true } });
  `;
    await writeFile(join(project, 'program.ts'), source);
    expect(await compile(project, { module }, ['program.ts'])).toBe('');
  },
);

test('the examples of the README compile, for React and Vue too', async () => {
  const folder = join(project, 'examples');
  for (const dependency of ['@types/react', 'vue']) {
    const link = join(folder, 'node_modules', dependency);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(tools, 'node_modules', dependency), link, 'junction');
  }
  const readme = await readFile(join(project, 'node_modules', name, 'README.md'), 'utf8');
  const examples = [...readme.matchAll(/^```(ts|tsx|vue)\n(.*?)^```$/gms)];
  const languages = examples.map(([, language]) => language);
  expect(languages.toSorted()).toEqual(['ts', 'ts', 'ts', 'tsx', 'vue']);
  for (const [index, [, language = '', code = '']] of examples.entries()) {
    const isVue = language === 'vue';
    const file = join(folder, `example-${index}.${isVue ? 'ts' : language}`);
    await writeFile(file, isVue ? await compileVue(code) : code);
  }
  const modules = { module: 'preserve', moduleDetection: 'force', skipLibCheck: true };
  expect(await compile(folder, { ...modules, jsx: 'react-jsx' })).toBe('');
});

/** A component of Vue as TypeScript, its template included. */
async function compileVue(source: string): Promise<string> {
  const require = createRequire(join(tools, 'package.json'));
  const { compileScript, parse } = require('vue/compiler-sfc');
  const { descriptor } = parse(source);
  return compileScript(descriptor, { id: 'example', inlineTemplate: true }).content;
}
