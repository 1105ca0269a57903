import { expect, test } from 'vitest';
import { KeyedMutex } from '../../src/todos/keyed-mutex.ts';
import { insertRows } from '../support/database.ts';
import { startService, type TestService } from '../support/service.ts';
import { DEMO, seedUser } from '../support/users.ts';
import { emptyDemoUser, fill, handlersOf, LARGEST, requestOf, StatementCounter } from './setup.ts';

const MAX_TODOS = 10_000;

/** How long one request may keep the event loop. */
const MAX_STEP_MS = 50;

test('a keyed mutex runs work of one key in order, and rejects beyond its queue', async () => {
  const mutex = new KeyedMutex(1);
  const order: string[] = [];
  const first = await mutex.lock('a');
  const second = mutex.lock('a').finally(() => order.push('second'));
  expect(await mutex.lock('a')).toBeUndefined();
  expect(await mutex.lock('b')).toBeDefined();
  order.push('end of first');
  first?.[Symbol.dispose]();
  (await second)?.[Symbol.dispose]();
  expect(order).toEqual(['end of first', 'second']);
  expect(await mutex.lock('a')).toBeDefined();
});

test('64 PATCHes of one todo at once run no more statements than in sequence', async () => {
  await using service = await startService();
  const { userId } = await emptyDemoUser(service);
  const statements = new StatementCounter();
  const handlers = handlersOf(service, statements);
  const request = { ...requestOf(userId), query: {} };
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

test('many long searches of one user at once: at least four are answered, the others get 503', async () => {
  await using service = await startService();
  const { userId } = await emptyDemoUser(service);
  await fill(service.db, userId, 1_000);
  const search = searchOf(service);
  const many = Array.from({ length: 16 });
  await Promise.all(many.map(() => search(userId, 'a'))); // every connection is open
  const answers = await Promise.all(many.map(() => search(userId, 'b')));
  const rejected = answers.filter(({ status }) => status === 503);
  expect(rejected[0]).toMatchObject({ headers: { 'Retry-After': 1 } });
  expect(answers.length - rejected.length).toBeGreaterThanOrEqual(4);
  expect((await search(userId, 'b')).status).toBe(200);
});

test('a short search, or one of another user, is not rejected because of long ones', async () => {
  await using service = await startService();
  const { userId } = await emptyDemoUser(service);
  const { userId: otherId } = await seedUser(service.db);
  await fill(service.db, userId, 1_000);
  await fill(service.db, otherId, 1_000);
  const search = searchOf(service);
  const answers = await Promise.all([
    ...repeat(userId).map((user) => search(user, 'b')),
    ...repeat(otherId).map((user) => search(user, 'b')),
    ...repeat(userId).map((user) => search(user, 'a')), // found in the first step
  ]);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

const repeat = <T>(item: T) => [item, item, item, item];

function searchOf(service: TestService) {
  const handlers = handlersOf(service, new StatementCounter());
  return (userId: string, q: string) =>
    handlers.listTodos({ ...requestOf(userId), path: {}, query: { q }, body: undefined });
}

test('a search in steps finds and orders the same todos as a single statement', async () => {
  await using service = await startService();
  const { client, userId } = await emptyDemoUser(service);
  await fill(service.db, userId, 350);
  await service.db
    .updateTable('todos')
    .set({ done: 1 })
    .where('created_at', 'in', [0, 99, 100, 101, 349])
    .execute();
  for (const sort of ['created_at', '-created_at', 'updated_at', '-updated_at'] as const) {
    const expected = [0, 99, 100, 101, 349];
    if (sort.startsWith('-')) expected.reverse();
    const found: number[] = [];
    for await (const todo of client.todos({ done: true, sort, limit: 2 })) {
      found.push(Date.parse(todo.created_at));
    }
    expect(found).toEqual(expected);
  }
  await client.DELETE('/todos', { params: { query: { done: false } } });
  expect(await service.db.selectFrom('todos').select('id').execute()).toHaveLength(5);
});

test('DELETE /todos is done in steps of 100, and sent again after a failure it ends with 204', async () => {
  await using service = await startService();
  const { userId } = await emptyDemoUser(service);
  await fill(service.db, userId, 350);
  const statements = new StatementCounter();
  const handlers = handlersOf(service, statements);
  const request = { ...requestOf(userId), path: {}, query: {}, body: undefined };
  statements.failAt = 4;
  await expect(handlers.deleteTodos(request)).rejects.toThrow('statement 4');
  expect(await service.db.selectFrom('todos').select('id').execute()).toHaveLength(150);
  statements.count = 0;
  statements.failAt = undefined;
  expect(await handlers.deleteTodos(request)).toEqual({ status: 204 });
  expect(statements.count).toBe(4); // two steps, each with a query and a deletion
  expect(await service.db.selectFrom('todos').select('id').execute()).toEqual([]);
});

test('with the largest data of a user, no todo operation blocks the event loop for 50 ms', async () => {
  await using service = await startService();
  const { client, userId } = await emptyDemoUser(service);
  await fill(service.db, userId, MAX_TODOS, LARGEST);
  const [todo] = (await client.GET('/todos')).data ?? [];
  const params = { path: { todo_id: todo?.id ?? '' } };
  const q = `${'𝒳'.repeat(199)}b`;
  const list = (query: object) => () => client.GET('/todos', { params: { query } });
  const operations: Record<string, () => Promise<{ response: Response }>> = {
    'GET /todos': list({ limit: 100 }),
    'GET /todos, sorted': list({ limit: 100, sort: '-updated_at' }),
    'GET /todos by text': list({ q, sort: '-updated_at' }),
    'GET /todos by state': list({ done: true }),
    'GET /todos/{todo_id}': () => client.GET('/todos/{todo_id}', { params }),
    'POST /todos at the limit': () => client.POST('/todos', { body: LARGEST }),
    'PUT /todos/{todo_id}': () => client.PUT('/todos/{todo_id}', { params, body: LARGEST }),
    'PATCH /todos/{todo_id}': () =>
      client.PATCH('/todos/{todo_id}', { params, body: { done: true } }),
    'DELETE /todos/{todo_id}': () => client.DELETE('/todos/{todo_id}', { params }),
    'DELETE /todos by state': () => client.DELETE('/todos', { params: { query: { done: true } } }),
  };
  const steps: Record<string, number> = {};
  for (const [name, operation] of Object.entries(operations)) {
    steps[name] = await leastOf(3, () => measureLongestStep(operation));
  }
  steps['DELETE /todos'] = await measureLongestStep(() => client.DELETE('/todos'));
  const slow = Object.entries(steps).filter(([, ms]) => ms >= MAX_STEP_MS);
  expect(slow, JSON.stringify(steps)).toEqual([]);
  expect((await client.GET('/todos')).data).toEqual([]);
}, 120_000);

test('with the largest data of a user, DELETE /auth/me does not block the event loop for 50 ms', async () => {
  await using service = await startService();
  const { client, userId } = await emptyDemoUser(service);
  await fill(service.db, userId, 2_000, LARGEST);
  const key = { user_id: userId, request_hash: '', response: 'x'.repeat(500) };
  await insertRows(service.db, 'idempotency_keys', 10_000, (n) => ({
    ...key,
    key_hash: `key ${n}`,
    created_at: n,
  }));
  const { id } = await service.db.selectFrom('sessions').select('id').executeTakeFirstOrThrow();
  await insertRows(service.db, 'spent_refresh_tokens', 20_000, (n) => ({
    token_hash: `token ${n}`.padEnd(64),
    session_id: id,
  }));
  const body = { current_password: DEMO.password };
  const longest = await measureLongestStep(async () => {
    expect((await client.DELETE('/auth/me', { body })).response.status).toBe(204);
  });
  expect(longest).toBeLessThan(MAX_STEP_MS);
  for (const table of ['todos', 'idempotency_keys', 'spent_refresh_tokens', 'users'] as const) {
    expect(await service.db.selectFrom(table).selectAll().execute()).toEqual([]);
  }
}, 120_000);

/** A garbage collection may fall into one of several runs. */
async function leastOf(runs: number, measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < runs; n += 1) least = Math.min(least, await measure());
  return least;
}

/**
 * The CPU time of the process in the longest turn of the event loop meanwhile, in milliseconds. Time
 * that other processes take does not count.
 */
async function measureLongestStep(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = process.cpuUsage();
  const measure = () => {
    const { user, system } = process.cpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.cpuUsage();
  };
  let timer = setImmediate(function measureTurn() {
    measure();
    timer = setImmediate(measureTurn);
  });
  await work();
  measure();
  clearImmediate(timer);
  return longest;
}
