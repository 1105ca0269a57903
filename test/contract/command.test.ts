// `npm run contract` as a stranger runs it: a process of its own that knows no more than an address.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { startApp } from '../harness.ts';
import { startProxy } from './mutants/proxy.ts';
import { answerBody } from './mutants/words.ts';

const folder = mkdtempSync(join(tmpdir(), 'contract-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function contract(...args: string[]) {
  const script = new URL('../../scripts/contract.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, ...args]);
  const closed = once(child, 'close');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, output, errors };
}

test('finds nothing to say against the service, twice, and leaves nothing behind', async () => {
  await using app = await startApp();
  const { db } = app;
  const before = await db.selectFrom('todos').select('id').execute();
  const junit = join(folder, 'junit.xml');

  const first = await contract('--base-url', `${app.url}/`, '--junit', junit);
  expect(first.errors).toBe('');
  expect(first.output).not.toContain('✖');
  expect(first.output).toMatch(/^createTodo\n( {2}✔ .*\n)* {2}✔ 409 another request under/m);
  expect(first.output).toMatch(/^\d{3} passed, 0 failed$/m);
  expect(first.code).toBe(0);
  const second = await contract('--base-url', app.url, '--only', 'auth');
  expect(second.code).toBe(0);

  expect(readFileSync(junit, 'utf8')).toMatch(/<testsuite name="login" .* failures="0"/);
  expect(await db.selectFrom('todos').select('id').execute()).toEqual(before);
  const live = db.selectFrom('sessions').select('id').where('revoked_at', 'is', null);
  expect(await live.execute()).toEqual([]);
}, 120_000);

test('shows where a service differs, and stops there if it is asked to', async () => {
  await using app = await startApp();
  await using broken = await startProxy(
    app.url,
    answerBody(200, (body) => ('access_token' in body ? { ...body, expires_in: 900 } : body)),
  );
  const { code, output } = await contract('--base-url', broken.url, '--only', 'login', '--bail');
  expect(code).toBe(1);
  expect(output).toContain(`      sent      POST ${broken.url}/auth/login\n`);
  expect(output).toMatch(/ expected .*additional properties: expires_in {2}\(openapi.yaml:\d+\)\n/);
  expect(output).toMatch(/ received {2}200 OK\n/);
  expect(output).toMatch(/^\d passed, 1 failed$/m);
  expect(output).not.toContain('createTodo');
});

test('says that registration is closed', async () => {
  await using app = await startApp({ REGISTRATION: 'false' });
  const { code, output } = await contract('--base-url', app.url, '--only', 'login', '--bail');
  expect(code).toBe(1);
  expect(output).toContain('Registration is closed there');
});

test.each([
  ['that nothing answers', ['--base-url', 'http://127.0.0.1:1'], 'Nothing answers at'],
  ['what is no address', ['--base-url', 'localhost'], '--base-url must be a URL'],
  [
    'what is no tag',
    ['--only', 'everything'],
    '--only is an operation or a tag: auth, todos, system',
  ],
  ['what is no limit', ['--body-limit', 'large'], '--body-limit must be a number'],
])('says %s', async (_, args, message) => {
  const { code, errors } = await contract(...args);
  expect(code).toBe(1);
  expect(errors).toContain(message);
});

test('says how it is used', async () => {
  const { code, output } = await contract('--help');
  expect(code).toBe(0);
  for (const option of ['--base-url', '--only', '--junit', '--bail', '--origin', '--body-limit']) {
    expect(output).toContain(option);
  }
});
