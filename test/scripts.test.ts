// The operator's commands about users and keys.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useCommands } from './command.ts';
import { DEMO, startApp } from './harness.ts';

const { folder, run } = useCommands();

test('an operator lists and revokes sessions of a user, and reads the audit log', async () => {
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
  expect((await run('sessions', one, database)).output).toBe('1 session of testuser revoked.\n');
  const all = ['--user', DEMO.username, '--revoke'];
  expect((await run('sessions', all, database)).output).toBe('1 session of testuser revoked.\n');
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
])('npm run users %s says what is wrong and ends with 2', async (_what, args) => {
  const { code, output } = await run('users', args, { DATABASE_URL: 'sqlite:none/x' });
  expect(code).toBe(2);
  expect(output).toMatch(/^Say list, create NAME.*\n\nUsage: npm run users -- list/);
});

const DEMO_USER = ['--user', DEMO.username];

test.each<[string, string, string[], RegExp]>([
  ['without a user', 'audit', [], /^--user NAME is missing\n\nUsage: npm run audit -- --user NAME/],
  ['with an unknown option', 'audit', ['--users', 'x'], /^Unknown option '--users'/],
  ['with an argument', 'audit', [...DEMO_USER, 'x'], /^Unexpected argument 'x'\n/],
  ['with a word for a limit', 'audit', [...DEMO_USER, '--limit', 'a'], /^--limit must be a number/],
  ['with a negative limit', 'audit', [...DEMO_USER, '--limit=-1'], /^--limit must be a number/],
  ['with --session alone', 'sessions', [...DEMO_USER, '--session', 'x'], /^--session needs --rev/],
  ['without a file', 'keys', [], /^--file FILE is missing\n/],
  ['with an unknown option', 'keys', ['--bogus'], /^Unknown option '--bogus'/],
  ['with two intents', 'keys', ['--file', 'x', '--next', '--promote'], /^Say --next or --promote/],
  ['with no number to keep', 'keys', ['--file', 'x', '--keep', '0'], /^--keep must be a number/],
  ['with no algorithm', 'keys', ['--file', 'x', '--alg', 'none'], /^--alg is EdDSA, ES256 or HS/],
  ['without a direction', 'migrate', [], /^Say up, down or status\n/],
  ['with two distances', 'migrate', ['up', '--to', 'x', '--steps', '1'], /^Say --to or --steps/],
  ['without a source', 'copy', ['--to', 'sqlite:x'], /^--from is missing/],
  ['with an unknown option', 'export', ['--users', 'x'], /^Unknown option '--users'/],
])(
  'a command line %s (%s): says what is wrong, and exit code 2',
  async (_, name, args, message) => {
    const database = { DATABASE_URL: `sqlite:${folder()}/empty.sqlite` };
    await using _app = await startApp(database);
    const { code, output } = await run(name, args, database);
    expect(output).toMatch(message);
    expect(output).toContain('\nUsage: npm run ');
    expect(output).not.toContain('    at ');
    expect(code).toBe(2);
  },
);

test.each(['contract', 'contract-coverage', 'contract-mutants', 'generate', 'mock', 'attack'])(
  'the command %s with an unknown option: says so, and exit code 2',
  async (name) => {
    const { code, output } = await run(name, ['--bogus']);
    expect(output).toMatch(/^Unknown option '--bogus'[^\n]*\n$/);
    expect(code).toBe(2);
  },
);

test('an unknown user: says so, and exit code 1', async () => {
  const database = { DATABASE_URL: `sqlite:${folder()}/empty.sqlite` };
  await using _app = await startApp(database);
  const { code, output } = await run('audit', ['--user', 'no\u009bbody'], database);
  expect({ code, output }).toEqual({ code: 1, output: 'there is no user no\\u009bbody\n' });
});

test('revoking a session that does not live: says so, and exit code 1', async () => {
  const database = { DATABASE_URL: `sqlite:${folder()}/wrong.sqlite` };
  await using app = await startApp(database);
  const client = app.client();
  await client.login(DEMO.username, DEMO.password);
  const wrong = await run('sessions', [...DEMO_USER, '--revoke', '--session', 'WRONG'], database);
  const output = 'there is no live session WRONG of testuser\n';
  expect(wrong).toEqual({ code: 1, output });
  expect((await client.GET('/auth/me')).response.status).toBe(200);
  await client.logout();
  const all = await run('sessions', [...DEMO_USER, '--revoke'], database);
  expect(all).toEqual({ code: 0, output: '0 sessions of testuser revoked.\n' });
});

test.each([
  ['C0', 'a\u001b[2Kb', 'a\\u001b[2Kb'],
  ['C1', 'a\u009b2Kb', 'a\\u009b2Kb'],
  ['DEL', 'a\u007fb', 'a\\u007fb'],
  ['bidi', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
  ['line separator', 'a\u2028b', 'a\\u2028b'],
  ['harmless', 'é “…” 😀', 'é “…” 😀'],
])('%s characters that a user sent: every command escapes them', async (_kind, sent, printed) => {
  const database = { DATABASE_URL: `sqlite:${folder()}/${crypto.randomUUID()}.sqlite` };
  await using app = await startApp(database);
  const client = app.client();
  await client.login(DEMO.username, DEMO.password);
  await app.db.updateTable('sessions').set({ user_agent: sent }).execute();
  await app.db.updateTable('audit_events').set({ request_id: sent }).execute();
  await app.db.updateTable('todos').set({ title: sent }).execute();
  const outputs = await Promise.all(
    ['sessions', 'audit', 'export'].map((name) => run(name, DEMO_USER, database)),
  );
  for (const { code, output } of outputs) {
    expect(code).toBe(0);
    expect(output).toContain(printed);
    expect(output.replaceAll(/[\n\u0020-\u007e“…”é😀]/gu, '')).toBe('');
  }
  const { todos }: { todos: { title: string }[] } = JSON.parse(outputs[2]?.output ?? '');
  expect(todos.map(({ title }) => title)).toContain(sent);
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
  const promoted = await make('--promote');
  expect(promoted.output).not.toContain('Nothing has changed');
  expect(await kids()).toEqual([third, second, first]);
  const before = await readFile(file, 'utf8');
  expect((await make('--promote')).output).toMatch(/^Nothing has changed\./);
  expect(await readFile(file, 'utf8')).toBe(before);
  await make('--next');
  expect((await kids()).slice(0, 2)).toEqual([third, second]);
  expect((await kids())[2]).not.toBe(first);
  await make('--keep', '2');
  expect((await kids()).slice(1)).toEqual([third]);
  expect((await make('--keep', '1', '--next')).output).toContain('--keep 2 or more');

  await using app = await startApp({ JWT_KEYS: file });
  expect((await app.client().login(DEMO.username, DEMO.password)).response.status).toBe(200);
});

test('keys without a date, as 0.2.0 made them: the last one is promoted, once', async () => {
  const file = join(folder(), 'undated.json');
  const keys = ['signs', 'former', 'next'].map((kid) => ({
    kid,
    kty: 'oct',
    k: Buffer.alloc(32, kid).toString('base64url'),
  }));
  await writeFile(file, JSON.stringify({ keys }));
  for (let round = 0; round < 2; round += 1) {
    const { output } = await run('keys', ['--file', file, '--promote']);
    expect(output).toContain('3 keys; next (HS256) signs.');
  }
});

test('a rotated set whose newest key signs: --promote changes nothing', async () => {
  const file = join(folder(), 'rotated.json');
  await run('keys', ['--file', file]);
  await run('keys', ['--file', file]);
  const { output } = await run('keys', ['--file', file, '--promote']);
  expect(output).toMatch(/^Nothing has changed\./);
});

test('a file that is no JWK Set: says so, and no stack trace', async () => {
  const file = join(folder(), 'broken.json');
  await writeFile(file, '{"keys":[{"k":"a secret');
  const { code, output } = await run('keys', ['--file', file]);
  expect({ code, output }).toEqual({ code: 1, output: `${file} cannot be used: it is not JSON\n` });
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
