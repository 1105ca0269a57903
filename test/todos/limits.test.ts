import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KyselyPlugin, PluginTransformQueryArgs, PluginTransformResultArgs } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../src/database/connect.ts';
import { todoHandlers } from '../../src/todos/handlers.ts';
import { createTodo } from '../../src/todos/repository.ts';
import { DEMO, startApp, type TestApp } from '../harness.ts';

/** A client of the demo user, who has no todos. */
async function signIn(app: TestApp) {
  const client = app.client();
  await client.login(DEMO.username, DEMO.password);
  await client.DELETE('/todos');
  const { id } = await findUser(app.db);
  return { client, userId: id };
}

function findUser(db: Db) {
  return db.selectFrom('users').select('id').executeTakeFirstOrThrow();
}

type Client = Awaited<ReturnType<typeof signIn>>['client'];

async function count(db: Db, table: 'todos' | 'idempotency_keys' | 'spent_refresh_tokens') {
  const counted = db.selectFrom(table).select(({ fn }) => fn.countAll<number>().as('rows'));
  return Number((await counted.executeTakeFirstOrThrow()).rows);
}

const post = (client: Client, key?: string) =>
  client.POST('/todos', {
    params: key === undefined ? {} : { header: { 'Idempotency-Key': key } },
    body: { title: 'One' },
  });

test.each([
  ['without an Idempotency-Key', false],
  ['with an Idempotency-Key', true],
])(
  'MAX_TODOS: of 32 todos at once %s, only as many as are allowed are created',
  async (_, hasKey) => {
    await using app = await startApp({ MAX_TODOS: '5' });
    const { client } = await signIn(app);
    const keys = Array.from({ length: 32 }, (_, n) => (hasKey ? `key-${n}` : undefined));
    const answers = await Promise.all(keys.map((key) => post(client, key)));
    expect(answers.filter(({ response }) => response.status === 201)).toHaveLength(5);
    const refused = answers.flatMap(({ error }) => (error ? [error] : []));
    for (const error of refused) {
      expect(error).toMatchObject({ status: 409, code: 'todo_limit_reached' });
    }
    expect(refused).toHaveLength(27);
    expect(await count(app.db, 'todos')).toBe(5);
  },
);

test('MAX_TODOS: a refused Idempotency-Key is not remembered, an accepted one is', async () => {
  await using app = await startApp({ MAX_TODOS: '1' });
  const { client } = await signIn(app);
  const first = await post(client, 'first');
  expect((await post(client, 'second')).error).toMatchObject({ code: 'todo_limit_reached' });
  expect((await post(client, 'first')).data).toEqual(first.data); // a retry is no new todo
  await client.DELETE('/todos');
  expect((await post(client, 'second')).response.status).toBe(201);
});

test('MAX_TODOS counts the todos of one user', async () => {
  await using app = await startApp({ MAX_TODOS: '1' });
  const { client, userId } = await signIn(app);
  await post(client);
  const credentials = { username: 'other', password: 'a password of some length' };
  const other = app.client();
  await other.POST('/auth/register', { body: credentials });
  await other.login(credentials.username, credentials.password);
  expect((await post(other)).response.status).toBe(201);
  expect((await post(client)).response.status).toBe(409);
  const content = { title: 'One', description: '', done: false };
  const owner = { userId, maxTodos: 2 };
  expect(await createTodo(app.db, owner, content, 0)).toBeDefined();
  expect(await createTodo(app.db, owner, content, 0)).toBeUndefined();
});

test('MAX_TODOS: far above the concurrent inserts, the limit is exact as well', async () => {
  await using app = await startApp({ MAX_TODOS: '1003' });
  const { client, userId } = await signIn(app);
  await fill(app.db, userId, 1_001);
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(client)));
  expect(answers.filter(({ response }) => response.status === 201)).toHaveLength(2);
  expect(await count(app.db, 'todos')).toBe(1_003);
});

async function fill(db: Db, userId: string, rows: number) {
  const todo = { title: 'a', description: '', done: 0, search_text: 'a', version: 1 };
  for (let n = 0; n < rows; n += 100) {
    const batch = Array.from({ length: Math.min(100, rows - n) }, (_, at) => at + n);
    await db
      .insertInto('todos')
      .values(
        batch.map((at) => ({
          id: crypto.randomUUID(),
          user_id: userId,
          ...todo,
          created_at: at,
          updated_at: at,
        })),
      )
      .execute();
  }
}

test('a user has at most 10,000 Idempotency-Keys: a new one replaces the oldest', async () => {
  await using app = await startApp();
  const { client, userId } = await signIn(app);
  const now = app.clock.now();
  for (let n = 0; n < 10_000; n += 1_000) {
    await app.db
      .insertInto('idempotency_keys')
      .values(
        Array.from({ length: 1_000 }, (_, i) => ({
          user_id: userId,
          key_hash: `hash-${n + i}`,
          request_hash: '',
          response: '{}',
          created_at: now - 20_000 + n + i,
        })),
      )
      .execute();
  }
  for (const key of ['a', 'b', 'c']) expect((await post(client, key)).response.status).toBe(201);
  expect(await count(app.db, 'idempotency_keys')).toBe(10_000);
  const oldest = app.db.selectFrom('idempotency_keys').select('key_hash').orderBy('created_at');
  expect(await oldest.executeTakeFirst()).toEqual({ key_hash: 'hash-3' });
  const [first, again] = [await post(client, 'd'), await post(client, 'd')];
  expect(again.data).toEqual(first.data);
});

test('64 PATCHes of one todo at once run as many statements as one after the other', async () => {
  await using app = await startApp();
  const { userId } = await signIn(app);
  const statements = new StatementCounter();
  const db = app.db.withPlugin(statements);
  const handlers = todoHandlers({ db, now: app.clock.now, cursorSecret: '', maxTodos: 10 });
  const request = {
    query: {},
    headers: {},
    principal: { userId, username: '', sessionId: '' },
    context: { requestId: '', address: '', userAgent: '' },
  };
  const created = await handlers.createTodo({ ...request, path: {}, body: { title: 'One' } });
  const path = { todo_id: created.status === 201 ? created.body.id : '' };
  const patch = (n: number) =>
    handlers.updateTodo({ ...request, path, body: { title: `title ${n}` } });
  const numbers = Array.from({ length: 64 }, (_, n) => n);
  statements.count = 0;
  const answers = await Promise.all(numbers.map(patch));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(statements.count).toBe(2 * 64);
});

/** Counts statements, and lets others run before the result of one is there, as PostgreSQL does. */
class StatementCounter implements KyselyPlugin {
  count = 0;

  transformQuery({ node }: PluginTransformQueryArgs) {
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs) {
    this.count += 1;
    await nextTurn();
    return result;
  }
}
