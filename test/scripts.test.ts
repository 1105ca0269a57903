// The operator's commands about users and keys.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useCommands } from './command.ts';
import { DEMO, startApp } from './harness.ts';

const { folder, run } = useCommands();

test('an operator lists and ends a person’s sessions, and reads the trail', async () => {
  const database = { DATABASE_URL: `sqlite:${folder()}/todos.sqlite` };
  await using app = await startApp(database);
  const client = app.client();
  await client.login(DEMO.username, DEMO.password);
  await app.client().login(DEMO.username, DEMO.password);

  const listed = await run('sessions', ['--user', 'TestUser'], database);
  expect(listed.code).toBe(0);
  expect(listed.output.trim().split('\n')).toHaveLength(3);
  expect(listed.output).toMatch(/^session +since +last used +address +user agent\n/);

  const [, , last = ''] = listed.output.split('\n');
  const one = ['--user', DEMO.username, '--revoke', '--session', last.split(' ')[0] ?? ''];
  expect((await run('sessions', one, database)).output).toBe(
    '1 sessions of testuser have ended.\n',
  );
  const all = ['--user', DEMO.username, '--revoke'];
  expect((await run('sessions', all, database)).output).toBe(
    '1 sessions of testuser have ended.\n',
  );
  const { error } = await client.GET('/auth/me');
  expect(error).toMatchObject({ code: 'session_ended' });

  const trail = await run('audit', ['--user', DEMO.username], database);
  expect(trail.output.match(/signed_in/g)).toHaveLength(2);
  expect(trail.output.match(/session_revoked +admin .*operator-/g)).toHaveLength(2);
  const newest = await run('audit', ['--user', DEMO.username, '--limit', '1'], database);
  expect(newest.output.trim().split('\n')).toHaveLength(2);
});

test('an operator creates a user, whose password has to be changed at the first sign-in', async () => {
  const database = { DATABASE_URL: `sqlite:${folder()}/created.sqlite` };
  await using app = await startApp(database);
  const { output } = await run('users', ['create', 'ada'], database);
  const password = /^ada has the password (\S{16}), which has to be changed\.\n$/.exec(output)?.[1];
  const body = { username: 'ada', password: password ?? '' };
  const refused = await app.client().POST('/auth/login', { body });
  expect(refused.error).toMatchObject({ status: 403, code: 'password_change_required' });
  const listed = await run('users', ['list'], database);
  expect(listed.output).toMatch(
    /^user +since +password\nada +\d{4}-\S+ \S+ +to be changed\ntestuser +\d{4}-\S+ \S+\n$/,
  );

  const change = { ...body, new_password: 'a long sentence of her own' };
  expect((await app.client().POST('/auth/login', { body: change })).response.status).toBe(200);
  const { response } = await app.client().login('ada', change.new_password);
  expect(response.status).toBe(200);
  expect((await run('users', ['create', 'Ada'], database)).output).toBe('the name Ada is taken\n');
});

test('an operator sets a new password: the sessions end, the old password does not work', async () => {
  const database = { DATABASE_URL: `sqlite:${folder()}/reset.sqlite` };
  await using app = await startApp(database);
  const client = app.client();
  await client.login(DEMO.username, DEMO.password);
  const { output } = await run('users', ['set-password', DEMO.username], database);
  const password = /password (\S+),/.exec(output)?.[1] ?? '';
  expect((await client.GET('/auth/me')).error).toMatchObject({ code: 'session_ended' });
  expect((await client.login(DEMO.username, DEMO.password)).response.status).toBe(401);
  expect((await client.login(DEMO.username, password)).response.status).toBe(403);
  const events = await run('audit', ['--user', DEMO.username], database);
  expect(events.output).toMatch(/password_set .*operator-/);
  expect(events.output).toMatch(/session_revoked +admin .*operator-/);
});

test('an operator deletes a user, if sure', async () => {
  const database = { DATABASE_URL: `sqlite:${folder()}/deleted.sqlite` };
  await using app = await startApp(database);
  const asked = await run('users', ['delete', DEMO.username], database);
  expect(asked).toMatchObject({
    code: 1,
    output: expect.stringContaining('Nothing has been done'),
  });
  expect((await app.client().login(DEMO.username, DEMO.password)).response.status).toBe(200);
  const done = await run('users', ['delete', DEMO.username, '--yes'], database);
  expect(done).toEqual({ code: 0, output: 'testuser has been deleted.\n' });
  expect((await app.client().login(DEMO.username, DEMO.password)).response.status).toBe(401);
  expect((await run('users', ['list'], database)).output).toBe('user  since  password\n');
});

test.each([
  ['without a command', []],
  ['with an unknown command', ['rename', 'ada']],
  ['without a name', ['create']],
  ['with a name too many', ['delete', 'ada', 'bob', '--yes']],
])('npm run users %s prints its usage', async (_what, args) => {
  const { code, output } = await run('users', args, { DATABASE_URL: 'sqlite:none/x' });
  expect(code).toBe(1);
  expect(output).toMatch(/^npm run users -- list \| create NAME/);
});

const ONE = ['--user', DEMO.username, '--limit'];

test.each([
  ['without a user', [], /^npm run audit -- --user NAME/],
  ['with an unknown option', ['--users', 'x'], /Unknown option '--users'/],
  ['with an unknown user', ['--user', 'nobody'], /^there is no user nobody\n$/],
  ['with a word for a limit', [...ONE, 'abc'], /^--limit must be a number from 1\n$/],
  ['with a negative limit', [...ONE.slice(0, 2), '--limit=-1'], /^--limit must be .*\n$/],
])('a command %s says so in a line', async (_what, args, message) => {
  const database = { DATABASE_URL: `sqlite:${folder()}/empty.sqlite` };
  await using _app = await startApp(database);
  const { code, output } = await run('audit', args, database);
  expect(code).toBe(1);
  expect(output).toMatch(message);
  expect(output).not.toContain('    at ');
});

test('a database that is not there is not made', async () => {
  const { code, output } = await run('audit', ['--user', 'x'], { DATABASE_URL: 'sqlite:none/x' });
  expect(code).toBe(1);
  expect(output).toBe('there is no database at none/x\n');
});

test('keys are made, rotated and thinned out, for their owner only', async () => {
  const file = join(folder(), 'keys.json');
  const kids = async () => {
    const { keys }: { keys: { kid: string; alg: string }[] } = JSON.parse(
      await readFile(file, 'utf8'),
    );
    return keys.map(({ kid }) => kid);
  };
  const make = (...args: string[]) => run('keys', ['--file', file, ...args]);
  expect((await make()).output).toContain(`JWT_KEYS=${file}`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const [first] = await kids();
  await make('--alg', 'ES256');
  const [second, ...rest] = await kids();
  expect(rest).toEqual([first]);
  await make('--alg', 'HS256', '--next');
  const third = (await kids()).at(-1);
  expect(await kids()).toEqual([second, first, third]);
  await make('--promote');
  expect(await kids()).toEqual([third, second, first]);
  await make('--next');
  expect((await kids()).slice(0, 2)).toEqual([third, second]);
  expect((await kids())[2]).not.toBe(first);
  await make('--keep', '2');
  expect((await kids()).slice(1)).toEqual([third]);
  expect((await make('--keep', '1', '--next')).output).toContain('--keep 2 or more');

  await using app = await startApp({ JWT_KEYS: file });
  expect((await app.client().login(DEMO.username, DEMO.password)).response.status).toBe(200);
});

test('clients are not generated without Java, nor for what can be no language', async () => {
  const without = await run('clients', [], { PATH: '' });
  expect(without.code).toBe(1);
  expect(without.output).toBe(
    'openapi-generator needs Java 11 or newer, and there is no `java` in the PATH: install a JRE.\n',
  );
  const elsewhere = await run('clients', ['../src']);
  expect(elsewhere).toEqual({ code: 1, output: "../src is no generator's name\n" });
});
