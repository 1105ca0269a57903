import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEMO, startApp } from '../harness.ts';

// The client as other programs get it: packed, and unpacked beside its only dependency.
const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
let unpacked: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-'));
  const modules = join(folder, 'node_modules');
  unpacked = join(modules, 'openapi-todos');
  await mkdir(unpacked, { recursive: true });
  await mkdir(join(root, 'dist/client'), { recursive: true });
  await writeFile(join(root, 'dist/client/left-over.js'), '');

  const { stdout } = await run(
    'npm',
    ['pack', '--ignore-scripts=false', '--pack-destination', folder],
    { cwd: root },
  );
  const tarball = join(folder, String(stdout.trim().split('\n').at(-1)));
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', unpacked]);
  await symlink(
    join(root, 'node_modules/openapi-fetch'),
    join(modules, 'openapi-fetch'),
    'junction',
  );
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rm(folder, { recursive: true }));

test('the package holds what it exports, freshly compiled, and no source', async () => {
  expect((await readdir(unpacked)).filter((name) => !name.endsWith('.md')).toSorted()).toEqual([
    'LICENSE',
    'dist',
    'generated',
    'openapi.yaml',
    'package.json',
  ]);
  const compiled = await readdir(join(unpacked, 'dist'), { recursive: true });
  expect(compiled).toContain(join('client', 'index.js'));
  expect(compiled).not.toContain(join('client', 'left-over.js'));
});

test('it runs on plain Node', async () => {
  await using app = await startApp();
  const program = `
    import { createClient } from 'openapi-todos/client';
    const client = createClient({ baseUrl: '${app.url}' });
    await client.login('${DEMO.username}', '${DEMO.password}');
    const { data } = await client.GET('/auth/me');
    console.log(data.username);
  `;
  await writeFile(join(folder, 'program.js'), program);
  const { stdout } = await run(process.execPath, ['program.js'], { cwd: folder });
  expect(stdout).toBe(`${DEMO.username}\n`);
});

test('its types know the contract', async () => {
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
  const compilerOptions = {
    module: 'nodenext',
    lib: ['es2022', 'dom', 'dom.iterable'],
    strict: true,
    noEmit: true,
  };
  await writeFile(join(folder, 'program.ts'), program);
  const config = JSON.stringify({ compilerOptions, files: ['program.ts'] });
  await writeFile(join(folder, 'tsconfig.json'), config);
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [compiler], { cwd: folder }).catch(
    (error) => error,
  );
  expect(stdout).toBe('');
});
