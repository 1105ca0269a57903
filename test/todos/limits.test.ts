import { expect, test } from 'vitest';
import type { Db } from '../../src/database/connect.ts';
import { createTodo } from '../../src/todos/repository.ts';
import { insertRows } from '../support/database.ts';
import { startService } from '../support/service.ts';
import { newUserClient } from '../support/users.ts';
import { emptyDemoUser, fill } from './setup.ts';

type Client = Awaited<ReturnType<typeof emptyDemoUser>>['client'];

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
    await using service = await startService({ MAX_TODOS: '5' });
    const { client } = await emptyDemoUser(service);
    const keys = Array.from({ length: 32 }, (_, n) => (hasKey ? `key-${n}` : undefined));
    const answers = await Promise.all(keys.map((key) => post(client, key)));
    expect(answers.filter(({ response }) => response.status === 201)).toHaveLength(5);
    const refused = answers.flatMap(({ error }) => (error ? [error] : []));
    for (const error of refused) {
      expect(error).toMatchObject({ status: 409, code: 'todo_limit_reached' });
    }
    expect(refused).toHaveLength(27);
    expect(await count(service.db, 'todos')).toBe(5);
  },
);

test('MAX_TODOS: the Idempotency-Key of a rejected POST is not stored, that of an accepted one is', async () => {
  await using service = await startService({ MAX_TODOS: '1' });
  const { client } = await emptyDemoUser(service);
  const first = await post(client, 'first');
  expect((await post(client, 'second')).error).toMatchObject({ code: 'todo_limit_reached' });
  expect((await post(client, 'first')).data).toEqual(first.data); // a retry is no new todo
  await client.DELETE('/todos');
  expect((await post(client, 'second')).response.status).toBe(201);
});

test('MAX_TODOS counts the todos of one user', async () => {
  await using service = await startService({ MAX_TODOS: '1' });
  const { client, userId } = await emptyDemoUser(service);
  await post(client);
  const other = await newUserClient(service);
  expect((await post(other)).response.status).toBe(201);
  expect((await post(client)).response.status).toBe(409);
  const content = { title: 'One', description: '', done: false };
  const owner = { userId, maxTodos: 2 };
  expect(await createTodo(service.db, owner, content, 0)).toBeDefined();
  expect(await createTodo(service.db, owner, content, 0)).toBeUndefined();
});

test('MAX_TODOS far above the number of concurrent inserts is exact too', async () => {
  await using service = await startService({ MAX_TODOS: '1003' });
  const { client, userId } = await emptyDemoUser(service);
  await fill(service.db, userId, 1_001);
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(client)));
  expect(answers.filter(({ response }) => response.status === 201)).toHaveLength(2);
  expect(await count(service.db, 'todos')).toBe(1_003);
});

test('a user has at most 10,000 Idempotency-Keys: a new one replaces the oldest', async () => {
  await using service = await startService();
  const { client, userId } = await emptyDemoUser(service);
  const now = service.clock.now();
  await insertRows(service.db, 'idempotency_keys', 10_000, (n) => ({
    user_id: userId,
    key_hash: `hash-${n}`,
    request_hash: '',
    response: '{}',
    created_at: now - 20_000 + n,
  }));
  for (const key of ['a', 'b', 'c']) expect((await post(client, key)).response.status).toBe(201);
  expect(await count(service.db, 'idempotency_keys')).toBe(10_000);
  const oldest = service.db.selectFrom('idempotency_keys').select('key_hash').orderBy('created_at');
  expect(await oldest.executeTakeFirst()).toEqual({ key_hash: 'hash-3' });
  const [first, again] = [await post(client, 'd'), await post(client, 'd')];
  expect(again.data).toEqual(first.data);
});
