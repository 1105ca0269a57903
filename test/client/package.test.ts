import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from '../harness.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
let folder: string;

// A program in a folder of its own, with the packed package and openapi-fetch beside it.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openapi-todos-'));
  const installed = join(folder, 'node_modules/openapi-todos');
  await mkdir(installed, { recursive: true });
  await run('npm', ['pack', '--pack-destination', folder], { cwd: root });
  const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  await run('tar', [
    '-xzf',
    join(folder, String(tarball)),
    '--strip-components=1',
    '-C',
    installed,
  ]);
  const dependency = join(root, 'node_modules/openapi-fetch');
  await symlink(dependency, join(folder, 'node_modules/openapi-fetch'), 'junction');
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

test('the packed client runs on plain Node', async () => {
  const app = await startApp();
  const program = `
    import { createClient } from 'openapi-todos/client';
    const client = createClient({ baseUrl: ${JSON.stringify(app.url)} });
    const { error } = await client.login('nobody', 'knows');
    console.log(error.code);
  `;
  await writeFile(join(folder, 'program.mjs'), program);
  const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder });
  await app.close();
  expect(stdout).toBe('invalid_credentials\n');
});

test('its types resolve, and know the contract', { timeout: 30_000 }, async () => {
  const program = `
    import { createClient, memoryTokens, type Todo, type TokenStore } from 'openapi-todos/client';
    const tokens: TokenStore = memoryTokens();
    const client = createClient({ baseUrl: 'http://localhost:8000', tokens });
    const { data, error } = await client.GET('/todos', { params: { query: { done: true } } });
    export const titles: string[] | undefined = data?.map(({ title }) => title);
    export const taken: boolean = error?.code === 'username_taken';
    for await (const todo of client.todos({ limit: 5 })) todo satisfies Todo;
    // @ts-expect-error a path that the contract lacks
    await client.GET('/todo');
    // @ts-expect-error a code that the contract lacks
    export const never = error?.code === 'no_such_code';
    // @ts-expect-error a body without its title
    await client.POST('/todos', { body: { done: true } });
  `;
  await writeFile(join(folder, 'program.ts'), program);
  const options = [
    '--strict',
    '--noEmit',
    '--target',
    'es2022',
    '--lib',
    'es2022,dom,dom.iterable',
  ];
  const check = (module: string[]) =>
    run(process.execPath, [tsc, ...options, ...module, 'program.ts'], { cwd: folder });
  await check(['--module', 'nodenext']);
});
