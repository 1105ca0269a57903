// The operator's commands about users and keys.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runScript, runTodos, TODOS } from '../support/cli.ts';
import { freshFile } from '../support/database.ts';
import { startService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { DEMO, signedInClient } from '../support/users.ts';

/** A service on a database file, with the commands on the same file. */
async function startOnFile() {
  await using stack = new AsyncDisposableStack();
  const variables = { DATABASE_URL: stack.use(freshFile()).url };
  const service = stack.use(await startService(variables));
  const todos = (...args: string[]) => runTodos(args, variables);
  const opened = stack.move();
  return { ...service, todos, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('todos sessions and audit: an operator lists and revokes sessions and reads the audit log', async () => {
  await using service = await startOnFile();
  const client = await signedInClient(service);
  await service.client().login(DEMO.username, DEMO.password);

  const listed = await service.todos('sessions', 'list', 'TestUser');
  expect(listed.code).toBe(0);
  expect(listed.output.trim().split('\n')).toHaveLength(3);
  expect(listed.output).toMatch(/^session +since +last used +address +user agent\n/);

  const [, , last = ''] = listed.output.split('\n');
  const one = ['sessions', 'revoke', DEMO.username, last.split(' ')[0] ?? ''];
  expect((await service.todos(...one)).output).toBe('1 session of testuser revoked.\n');
  const all = ['sessions', 'revoke', DEMO.username];
  expect((await service.todos(...all)).output).toBe('1 session of testuser revoked.\n');
  const { error } = await client.GET('/auth/me');
  expect(error).toMatchObject({ code: 'session_ended' });

  const events = await service.todos('audit', DEMO.username);
  expect(events.output.match(/signed_in/g)).toHaveLength(2);
  expect(events.output.match(/session_revoked +admin .*operator-/g)).toHaveLength(2);
  const newest = await service.todos('audit', DEMO.username, '--limit', '1');
  expect(newest.output.trim().split('\n')).toHaveLength(2);
});

test('todos users create: the password has to be changed at the first sign-in', async () => {
  await using service = await startOnFile();
  const { output } = await service.todos('users', 'create', 'ada');
  const password = /^ada has the password (\S{16}), which has to be changed\.\n$/.exec(output)?.[1];
  const body = { username: 'ada', password: password ?? '' };
  const refused = await service.client().POST('/auth/login', { body });
  expect(refused.error).toMatchObject({ status: 403, code: 'password_change_required' });
  const listed = await service.todos('users', 'list');
  expect(listed.output).toMatch(
    /^user +since +password\nada +\d{4}-\S+ \S+ +to be changed\ntestuser +\d{4}-\S+ \S+\n$/,
  );

  const change = { ...body, new_password: 'a long sentence of her own' };
  expect((await service.client().POST('/auth/login', { body: change })).response.status).toBe(200);
  const { response } = await service.client().login('ada', change.new_password);
  expect(response.status).toBe(200);
  expect((await service.todos('users', 'create', 'Ada')).output).toBe('The name Ada is taken.\n');
});

test('todos users set-password: the sessions end, and the old password does not work', async () => {
  await using service = await startOnFile();
  const client = await signedInClient(service);
  const { output } = await service.todos('users', 'set-password', DEMO.username);
  const password = /password (\S+),/.exec(output)?.[1] ?? '';
  expect((await client.GET('/auth/me')).error).toMatchObject({ code: 'session_ended' });
  expect((await client.login(DEMO.username, DEMO.password)).response.status).toBe(401);
  expect((await client.login(DEMO.username, password)).response.status).toBe(403);
  const events = await service.todos('audit', DEMO.username);
  expect(events.output).toMatch(/password_set .*operator-/);
  expect(events.output).toMatch(/session_revoked +admin .*operator-/);
});

test('todos users delete: asks for --yes, and then deletes the user', async () => {
  await using service = await startOnFile();
  const asked = await service.todos('users', 'delete', DEMO.username);
  expect(asked).toMatchObject({
    code: 1,
    output: expect.stringContaining('Nothing has been done'),
  });
  expect((await service.client().login(DEMO.username, DEMO.password)).response.status).toBe(200);
  const done = await service.todos('users', 'delete', DEMO.username, '--yes');
  expect(done).toEqual({ code: 0, output: 'testuser has been deleted.\n' });
  expect((await service.client().login(DEMO.username, DEMO.password)).response.status).toBe(401);
  expect((await service.todos('users', 'list')).output).toBe('user  since  password\n');
});

const DEMO_USER = DEMO.username;

test.each<[string, string[], RegExp]>([
  ['an unknown command', ['user'], /^unknown command 'user'\n\(Did you mean users\?\)\n/],
  ['users with an unknown command', ['users', 'rename', 'ada'], /^unknown command 'rename'\n/],
  ['users create without a name', ['users', 'create'], /^missing required argument 'user'\n/],
  [
    'users delete with two names',
    ['users', 'delete', 'a', 'b'],
    /^too many arguments for 'delete'/,
  ],
  ['audit without a user', ['audit'], /^missing required argument 'user'\n/],
  ['audit with an unknown option', ['audit', '--users', 'x'], /^unknown option '--users'\n/],
  ['audit with an argument', ['audit', DEMO_USER, 'x'], /^too many arguments for 'audit'/],
  ['audit with a word for a limit', ['audit', DEMO_USER, '--limit', 'a'], /a positive integer/],
  ['audit with a negative limit', ['audit', DEMO_USER, '--limit=-1'], /a positive integer/],
  ['sessions revoke without a user', ['sessions', 'revoke'], /^missing required argument 'user'\n/],
  ['backup without a file', ['backup'], /^required option '--file <path>' not specified\n/],
  ['keys without a file', ['keys'], /^required option '--file <path>' not specified\n/],
  [
    'keys with two intents',
    ['keys', '--file', 'x', '--next', '--promote'],
    /^option '--next' cannot/,
  ],
  ['keys with no number to keep', ['keys', '--file', 'x', '--keep', '0'], /a positive integer/],
  ['keys with no algorithm', ['keys', '--file', 'x', '--alg', 'none'], /EdDSA, ES256, HS256/],
  ['migrate with two distances', ['migrate', 'up', '--to', 'x', '--steps', '1'], /cannot be used/],
  ['copy without a source', ['copy', '--to', 'sqlite:x'], /^--from is missing\.\n/],
  ['start with an argument', ['start', '8000'], /^too many arguments for 'start'/],
])('todos %s: says what is wrong, and exit code 2', async (_, args, message) => {
  const { code, output } = await runTodos(args, { DATABASE_URL: 'sqlite:none/x' });
  expect(output).toMatch(message);
  expect(output).toMatch(/\n\n--help lists the arguments and options\.\n$/);
  expect(output).not.toContain('    at ');
  expect(code).toBe(2);
});

test.each([[], ['users'], ['sessions'], ['migrate']])(
  'todos %s without a command lists the commands, and exit code 2',
  async (...args) => {
    const { code, output } = await runTodos(args);
    expect(output).toMatch(/^Usage: todos .*\[command\]\n/);
    expect(output).toContain('\nCommands:\n');
    expect(code).toBe(2);
  },
);

const LEAVES = [
  ...['start', 'audit', 'export', 'keys', 'backup', 'copy'].map((name) => [name]),
  ...['list', 'create', 'set-password', 'delete'].map((name) => ['users', name]),
  ...['list', 'revoke'].map((name) => ['sessions', name]),
  ...['up', 'down', 'status'].map((name) => ['migrate', name]),
];

test.each(LEAVES.map((words) => words.join(' ')))(
  'todos %s --help: prints its options, --json among them, and exit code 0',
  async (words) => {
    const { code, output } = await runTodos([...words.split(' '), '--help']);
    expect(output).toContain(`Usage: todos ${words} [options]`);
    expect(output.includes('--json')).toBe(words !== 'start');
    expect(code).toBe(0);
  },
);

test('every command with --json prints nothing but JSON to the standard output', async () => {
  using folder = temporaryFolder();
  const file = (name: string) => folder.file(name);
  const database = { DATABASE_URL: `sqlite:${file('json.sqlite')}` };
  const json = async (...args: string[]) => {
    const { code, output } = await runTodos([...args, '--json'], database, 'output only');
    expect(code).toBe(0);
    return JSON.parse(output);
  };
  const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(await json('migrate', 'up')).toEqual({
    applied: expect.arrayContaining(['0001_initial']),
  });
  expect((await json('migrate', 'status'))[0]).toEqual({
    name: '0001_initial',
    applied_at: instant,
    is_known: true,
  });
  const created = await json('users', 'create', 'ada');
  expect(created).toEqual({ username: 'ada', password: expect.stringMatching(/^\S{16}$/) });
  expect(await json('users', 'list')).toEqual([
    { username: 'ada', created_at: instant, password_is_temporary: true },
  ]);
  await using service = await startService(database);
  const change = { ...created, new_password: 'a long sentence of her own' };
  await service.client().POST('/auth/login', { body: change });
  await service.client().login('ada', change.new_password);
  const sessions = await json('sessions', 'list', 'ada');
  const session = { id: expect.any(String), created_at: instant, last_used_at: instant };
  expect(sessions.at(-1)).toEqual({ ...session, address: '127.0.0.1', user_agent: 'node' });
  expect((await json('audit', 'ada')).at(-1)).toMatchObject({ event: 'signed_in', at: instant });
  expect((await json('export', 'ada')).user).toMatchObject({ username: 'ada' });
  expect(await json('sessions', 'revoke', 'ada', sessions[0].id)).toEqual({
    revoked: [sessions[0].id],
  });
  expect(await json('backup', '--file', file('b'))).toEqual({
    file: file('b'),
    bytes: expect.any(Number),
  });
  const [from, to] = [database.DATABASE_URL, `sqlite:${file('copy')}`];
  const copied = await json('copy', '--from', from, '--to', to);
  expect(copied).toEqual({ from, to, rows: expect.any(Number) });
  expect(await json('keys', '--file', file('k'))).toEqual({
    file: file('k'),
    has_changed: true,
    keys: 1,
    signs: { kid: expect.any(String), alg: 'EdDSA' },
  });
  expect(await json('users', 'delete', 'ada', '--yes')).toEqual({ deleted: 'ada' });
  const undone = await json('migrate', 'down', '--to', 'none', '--yes');
  expect(undone.undone.at(-1)).toBe('0001_initial');
  expect(await json('migrate', 'down', '--to', 'none')).toEqual({ undone: [] });
});

test('todos as a process prints its error and exits with 1', async () => {
  const { code, output } = await runScript([TODOS, 'users', 'list', '--json'], {
    DATABASE_URL: 'sqlite:none/x',
  });
  expect({ code, output }).toEqual({ code: 1, output: 'There is no database at none/x.\n' });
});

test('todos audit of an unknown user: a message, and exit code 1', async () => {
  await using service = await startOnFile();
  const { code, output } = await service.todos('audit', 'no\u009bbody');
  expect({ code, output }).toEqual({ code: 1, output: 'There is no user no\\u009bbody.\n' });
});

test('todos sessions revoke of a session that has ended: a message, and exit code 1', async () => {
  await using service = await startOnFile();
  const client = await signedInClient(service);
  const wrong = await service.todos('sessions', 'revoke', DEMO_USER, 'WRONG');
  const output = 'testuser has no live session WRONG.\n';
  expect(wrong).toEqual({ code: 1, output });
  expect((await client.GET('/auth/me')).response.status).toBe(200);
  await client.logout();
  const all = await service.todos('sessions', 'revoke', DEMO_USER);
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
  await using service = await startOnFile();
  await signedInClient(service);
  await service.db.updateTable('sessions').set({ user_agent: sent }).execute();
  await service.db.updateTable('audit_events').set({ request_id: sent }).execute();
  await service.db.updateTable('todos').set({ title: sent }).execute();
  const outputs = await Promise.all(
    [['sessions', 'list'], ['audit'], ['export']].map((words) =>
      service.todos(...words, DEMO_USER),
    ),
  );
  for (const { code, output } of outputs) {
    expect(code).toBe(0);
    expect(output).toContain(printed);
    expect(output.replaceAll(/[\n\u0020-\u007e“…”é😀]/gu, '')).toBe('');
  }
  const exported: { todos: { title: string }[] } = JSON.parse(outputs[2]?.output ?? '');
  expect(exported.todos.map(({ title }) => title)).toContain(sent);
});

test('todos keys creates a file for its owner only, rotates the keys and removes old ones', async () => {
  using folder = temporaryFolder();
  const file = folder.file('keys.json');
  const kids = async () => {
    const { keys }: { keys: { kid: string; alg: string }[] } = JSON.parse(
      await readFile(file, 'utf8'),
    );
    return keys.map(({ kid }) => kid);
  };
  const make = (...args: string[]) => runTodos(['keys', '--file', file, ...args]);
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

  await using service = await startService({ JWT_KEYS: file });
  expect((await service.client().login(DEMO.username, DEMO.password)).response.status).toBe(200);
});

test('todos keys --promote of a file from 0.2.0, without dates: promotes the last key, once', async () => {
  using folder = temporaryFolder();
  const file = folder.file('undated.json');
  const keys = ['signs', 'former', 'next'].map((kid) => ({
    kid,
    kty: 'oct',
    k: Buffer.alloc(32, kid).toString('base64url'),
  }));
  await writeFile(file, JSON.stringify({ keys }));
  for (let round = 0; round < 2; round += 1) {
    const { output } = await runTodos(['keys', '--file', file, '--promote']);
    expect(output).toContain('3 keys; next (HS256) signs.');
  }
});

test('todos keys of a file that is no JWK Set: a message without a stack trace', async () => {
  using folder = temporaryFolder();
  const file = folder.file('broken.json');
  await writeFile(file, '{"keys":[{"k":"a secret');
  const { code, output } = await runTodos(['keys', '--file', file]);
  expect({ code, output }).toEqual({
    code: 1,
    output: `${file} cannot be used: the JWK Set is not valid JSON\n`,
  });
});
