import { expect, test } from 'vitest';
import { createTodo, deleteTodo, findTodo, replaceTodo } from '../../src/todos/repository.ts';
import { startService, startSharedService, type TestService } from '../support/service.ts';
import { newUserClient, seedUser } from '../support/users.ts';

const service = await startSharedService();

type Client = ReturnType<TestService['client']>;

async function add(
  client: Client,
  title: string,
  rest: { done?: boolean; description?: string } = {},
) {
  const { data } = await client.POST('/todos', { body: { title, ...rest } });
  if (!data) throw new Error('not added');
  return data;
}

async function titles(client: Client, query: NonNullable<Parameters<Client['todos']>[0]> = {}) {
  const found: string[] = [];
  for await (const todo of client.todos(query)) found.push(todo.title);
  return found;
}

test('a new todo has its defaults, a Location and an ETag', async () => {
  const client = await newUserClient(service);
  const { data, response } = await client.POST('/todos', { body: { title: 'Buy milk' } });
  expect(response.status).toBe(201);
  expect(data).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
    title: 'Buy milk',
    description: '',
    done: false,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    updated_at: data?.created_at,
  });
  expect(response.headers.get('Location')).toBe(`/todos/${data?.id}`);
  expect(response.headers.get('ETag')).toBe('"1"');
});

test('a title may have 200 characters, also outside the basic plane', async () => {
  const client = await newUserClient(service);
  const title = '𝒳'.repeat(200);
  expect((await add(client, title)).title).toBe(title);
});

test('PUT replaces: what it leaves out takes its default', async () => {
  const client = await newUserClient(service);
  const { id, created_at } = await add(client, 'One', { done: true, description: 'text' });
  service.clock.advance(10);
  const { data, response } = await client.PUT('/todos/{todo_id}', {
    params: { path: { todo_id: id } },
    body: { title: 'Two' },
  });
  expect(data).toMatchObject({ id, title: 'Two', description: '', done: false, created_at });
  expect(Date.parse(data?.updated_at ?? '')).toBeGreaterThan(Date.parse(created_at));
  expect(response.headers.get('ETag')).toBe('"2"');
});

test.each(['application/json', 'application/merge-patch+json'])(
  'PATCH with %s changes what it names; null goes back to the default',
  async (type) => {
    const client = await newUserClient(service);
    const { id } = await add(client, 'One', { done: true, description: 'text' });
    const patch = (body: object) =>
      client.PATCH('/todos/{todo_id}', {
        params: { path: { todo_id: id } },
        headers: { 'Content-Type': type },
        body,
      });
    expect((await patch({ title: 'Two' })).data).toMatchObject({
      title: 'Two',
      description: 'text',
      done: true,
    });
    expect((await patch({ description: null, done: null })).data).toMatchObject({
      title: 'Two',
      description: '',
      done: false,
    });
    expect((await patch({ title: null })).error).toMatchObject({ status: 400 });
  },
);

test('a PATCH that changes nothing leaves the ETag as it is', async () => {
  const client = await newUserClient(service);
  const { id } = await add(client, 'One');
  for (const body of [{}, { title: 'One' }]) {
    const params = { path: { todo_id: id } };
    const { response } = await client.PATCH('/todos/{todo_id}', { params, body });
    expect(response.headers.get('ETag')).toBe('"1"');
  }
});

test.each([
  ['"1"', 200],
  ['"2"', 412],
  ['W/"1"', 412],
  ['"W/1"', 412],
  ['"0", "1"', 200],
  ['*', 200],
])('If-Match: %s on version 1 is answered with %i', async (tag, status) => {
  const client = await newUserClient(service);
  const change = { body: { title: 'Two' } };
  const params = async () => ({
    path: { todo_id: (await add(client, 'One')).id },
    header: { 'If-Match': tag },
  });
  const answers = [
    await client.PUT('/todos/{todo_id}', { params: await params(), ...change }),
    await client.PATCH('/todos/{todo_id}', { params: await params(), ...change }),
    await client.DELETE('/todos/{todo_id}', { params: await params() }),
  ];
  const deleted = status === 200 ? 204 : status;
  expect(answers.map(({ response }) => response.status)).toEqual([status, status, deleted]);
});

test.each([
  ['W/"2"', true],
  ['"1", W/"2"', true],
  ['W/"1"', false],
  ['"1"', false],
])('If-Match: %s on version 2 is 412, whose detail names weak tags: %s', async (tag, isWeak) => {
  const client = await newUserClient(service);
  const path = { todo_id: (await add(client, 'One')).id };
  const change = (title: string, header = {}) =>
    client.PATCH('/todos/{todo_id}', { params: { path, header }, body: { title } });
  await change('Two');
  const { error } = await change('Three', { 'If-Match': tag });
  expect(error).toMatchObject({ status: 412, code: 'precondition_failed' });
  expect(error?.detail).toMatch(isWeak ? /weak.*proxy that compresses/ : /has changed/);
});

test.each([
  ['"1"', 304],
  ['W/"1"', 304],
  ['"7", "1"', 304],
  ['*', 304],
  ['"2"', 200],
  ['"W/1"', 200],
])('If-None-Match: %s on version 1 is answered with %i', async (tag, status) => {
  const client = await newUserClient(service);
  const { id } = await add(client, 'One');
  const params = { path: { todo_id: id }, header: { 'If-None-Match': tag } };
  const { response } = await client.GET('/todos/{todo_id}', { params });
  expect(response.status).toBe(status);
  expect(response.headers.get('ETag')).toBe('"1"');
});

test('a DELETE during a change answers 204 only if the todo is deleted', async () => {
  const client = await newUserClient(service);
  for (let round = 0; round < 10; round += 1) {
    const { id } = await add(client, 'One');
    const params = { path: { todo_id: id } };
    const change = (title: string) => client.PATCH('/todos/{todo_id}', { params, body: { title } });
    const [deleted] = await Promise.all([
      client.DELETE('/todos/{todo_id}', { params }),
      ...['Two', 'Three', 'Four'].map(change),
    ]);
    expect(deleted.response.status).toBe(204);
    expect((await client.GET('/todos/{todo_id}', { params })).response.status).toBe(404);
  }
});

test('a change or a deletion of an older version changes nothing', async () => {
  const { userId } = await seedUser(service.db);
  const content = { title: 'One', description: '', done: false };
  const one = await createTodo(service.db, { userId, maxTodos: 100 }, content, service.clock.now());
  if (!one) throw new Error('not created');
  const two = await replaceTodo(service.db, userId, one, content, service.clock.now());
  expect(await replaceTodo(service.db, userId, one, content, service.clock.now())).toBeUndefined();
  expect(await deleteTodo(service.db, userId, one)).toBe(false);
  expect(await findTodo(service.db, userId, one.id)).toEqual(two);
});

test('two PATCHes of different members at once are both kept', async () => {
  const client = await newUserClient(service);
  for (let round = 0; round < 20; round += 1) {
    const params = { path: { todo_id: (await add(client, 'One')).id } };
    await Promise.all([
      client.PATCH('/todos/{todo_id}', { params, body: { title: 'Two' } }),
      client.PATCH('/todos/{todo_id}', { params, body: { description: 'text' } }),
      client.PATCH('/todos/{todo_id}', { params, body: { done: true } }),
    ]);
    const { data } = await client.GET('/todos/{todo_id}', { params });
    expect(data).toMatchObject({ title: 'Two', description: 'text', done: true });
  }
});

test("another user's todo is answered with 404", async () => {
  const client = await newUserClient(service);
  const { id } = await add(client, 'Secret');
  const stranger = await newUserClient(service);
  const params = { path: { todo_id: id } };
  const answers = [
    await stranger.GET('/todos/{todo_id}', { params }),
    await stranger.PUT('/todos/{todo_id}', { params, body: { title: 'Mine' } }),
    await stranger.PATCH('/todos/{todo_id}', { params, body: { title: 'Mine' } }),
    await stranger.DELETE('/todos/{todo_id}', { params }),
  ];
  for (const { error } of answers) expect(error).toMatchObject({ status: 404 });
  await stranger.DELETE('/todos');
  expect(await titles(stranger)).toEqual([]);
  expect(await titles(client)).toEqual(['Secret']);
});

test('DELETE /todos deletes the finished todos, the open ones, or all', async () => {
  const client = await newUserClient(service);
  const fill = async () => {
    await client.DELETE('/todos');
    await add(client, 'open');
    await add(client, 'done', { done: true });
  };
  await fill();
  await client.DELETE('/todos', { params: { query: { done: true } } });
  expect(await titles(client)).toEqual(['open']);
  await fill();
  await client.DELETE('/todos', { params: { query: { done: false } } });
  expect(await titles(client)).toEqual(['done']);
  await client.DELETE('/todos');
  expect(await titles(client)).toEqual([]);
});

test('GET /todos filters by done, and by text in title or description in any case', async () => {
  const client = await newUserClient(service);
  await add(client, 'Buy MILK', { done: true });
  await add(client, 'Walk', { description: 'past the milkman' });
  await add(client, 'ÄPFEL essen');
  await add(client, '100% sure');
  await add(client, '100 percent');
  await add(client, 'snake_case');
  await add(client, 'snake case');
  await add(client, 'back\\slash');
  expect(await titles(client, { q: 'milk' })).toEqual(['Buy MILK', 'Walk']);
  expect(await titles(client, { q: 'milk', done: false })).toEqual(['Walk']);
  expect(await titles(client, { done: true })).toEqual(['Buy MILK']);
  expect(await titles(client, { q: 'äpfel' })).toEqual(['ÄPFEL essen']);
  expect(await titles(client, { q: '0%' })).toEqual(['100% sure']);
  expect(await titles(client, { q: 'e_c' })).toEqual(['snake_case']);
  expect(await titles(client, { q: '\\' })).toEqual(['back\\slash']);
  expect(await titles(client, { q: '\n' })).toEqual([]);
  expect(await titles(client, { q: 'kp' })).toEqual([]); // "walk" and "past" are two texts
  const separator = await client.GET('/todos', { params: { query: { q: '\u001f' } } });
  expect(separator.error).toMatchObject({ status: 400 });
  expect(await titles(client, { q: "'; drop table todos --" })).toEqual([]);
});

test.each([
  ['created_at', ['a', 'b', 'c']],
  ['-created_at', ['c', 'b', 'a']],
  ['updated_at', ['b', 'c', 'a']],
  ['-updated_at', ['a', 'c', 'b']],
] as const)('sort=%s', async (sort, expected) => {
  const client = await newUserClient(service);
  const first = await add(client, 'a');
  await add(client, 'b');
  await add(client, 'c');
  service.clock.advance(10);
  const params = { path: { todo_id: first.id } };
  await client.PATCH('/todos/{todo_id}', { params, body: { done: true } });
  expect(await titles(client, { sort })).toEqual(expected);
  expect(await titles(client, { sort, limit: 1 })).toEqual(expected);
});

/** The URL of the next page, relative to the service. */
function nextOf({ headers }: Response): URL {
  const [, target = ''] = /^<(\/todos\?[^>]+)>; rel="next"$/.exec(headers.get('Link') ?? '') ?? [];
  return new URL(target, 'http://localhost');
}

test('GET /todos: a page has 20 todos by default and a Link to the next one', async () => {
  const client = await newUserClient(service);
  for (let i = 0; i < 21; i += 1) await add(client, `${i}`);
  const first = await client.GET('/todos');
  expect(first.data).toHaveLength(20);
  const cursor = nextOf(first.response).searchParams.get('cursor') ?? '';
  const second = await client.GET('/todos', { params: { query: { cursor } } });
  expect(second.data?.map(({ title }) => title)).toEqual(['20']);
  expect(second.response.headers.get('Link')).toBeNull();
});

test('GET /todos: the Link repeats the parameters of the request', async () => {
  const client = await newUserClient(service);
  for (const title of ['x & y 1', 'x & y 2']) await add(client, title);
  const query = { q: 'x & y', sort: '-created_at', limit: 1, done: false } as const;
  const { response } = await client.GET('/todos', { params: { query } });
  const repeated = Object.fromEntries(nextOf(response).searchParams);
  expect(repeated).toMatchObject({ q: 'x & y', sort: '-created_at', limit: '1', done: 'false' });
});

test.each(['created_at', '-created_at'] as const)(
  'paging by %s neither repeats nor skips a todo while others are added and deleted',
  async (sort) => {
    const client = await newUserClient(service);
    const stays = new Set<string>();
    const goes: string[] = [];
    for (let i = 0; i < 30; i += 1) {
      const { id, title } = await add(client, `${i}`);
      if (i % 3 === 0) goes.push(id);
      else stays.add(title);
    }
    const seen: string[] = [];
    for await (const { title } of client.todos({ sort, limit: 3 })) {
      seen.push(title);
      if (seen.length % 2 === 0) {
        const id = goes.pop();
        if (id) await client.DELETE('/todos/{todo_id}', { params: { path: { todo_id: id } } });
        if (seen.length < 40) await add(client, `new ${seen.length}`);
      }
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect([...stays].filter((title) => !seen.includes(title))).toEqual([]);
  },
);

test('todos of the same millisecond keep one order', async () => {
  const client = await newUserClient(service);
  const { data: user } = await client.GET('/auth/me');
  const userId = user?.id ?? '';
  const row = { user_id: userId, description: '', done: 0, version: 1, search_text: '' };
  const at = { created_at: 1e12, updated_at: 1e12 };
  for (const n of [3, 1, 2]) {
    const id = `019ab1d0-5c00-7000-8000-00000000000${n}`;
    await service.db
      .insertInto('todos')
      .values({ id, title: `${n}`, ...row, ...at })
      .execute();
  }
  expect(await titles(client, { limit: 1 })).toEqual(['1', '2', '3']);
  expect(await titles(client, { limit: 1, sort: '-updated_at' })).toEqual(['3', '2', '1']);
});

test('a cursor that was not issued for this list is answered with 400', async () => {
  const client = await newUserClient(service);
  await add(client, 'a');
  await add(client, 'b');
  const { response } = await client.GET('/todos', { params: { query: { limit: 1 } } });
  const cursor = /cursor=([\w-]+)/.exec(response.headers.get('Link') ?? '')?.[1] ?? '';
  const stranger = await newUserClient(service);
  const last = cursor.at(-1) === 'A' ? 'B' : 'A';
  const answers = [
    await client.GET('/todos', { params: { query: { cursor: 'abc' } } }),
    await client.GET('/todos', { params: { query: { cursor: `${cursor.slice(0, -1)}${last}` } } }),
    await client.GET('/todos', { params: { query: { cursor, sort: '-created_at' } } }),
    await client.GET('/todos', { params: { query: { cursor, q: 'a' } } }),
    await client.GET('/todos', { params: { query: { cursor, done: true } } }),
    await stranger.GET('/todos', { params: { query: { cursor } } }),
  ];
  for (const { error } of answers) {
    expect(error).toMatchObject({ status: 400, errors: [{ parameter: 'cursor' }] });
  }
  const good = await client.GET('/todos', { params: { query: { cursor, limit: 1 } } });
  expect(good.data).toMatchObject([{ title: 'b' }]);
});

test('repeated POSTs with one Idempotency-Key create one todo', async () => {
  const client = await newUserClient(service);
  const create = (title: string, key: string) =>
    client.POST('/todos', { params: { header: { 'Idempotency-Key': key } }, body: { title } });
  const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => create('One', 'key')));
  for (const { data, response } of others) {
    expect(response.status).toBe(201);
    expect(data).toEqual(first?.data);
    expect(response.headers.get('Location')).toBe(first?.response.headers.get('Location'));
  }
  const other = await create('Two', 'key');
  expect(other.error).toMatchObject({ status: 409, code: 'idempotency_key_reused' });
  await create('Two', 'another-key');
  expect(await titles(client)).toEqual(['One', 'Two']);
});

test('an Idempotency-Key is valid for 24 hours and for one user', async () => {
  await using service = await startService();
  const client = await newUserClient(service);
  const params = { header: { 'Idempotency-Key': 'key' } };
  const stranger = await newUserClient(service);
  await client.POST('/todos', { params, body: { title: 'One' } });
  const theirs = await stranger.POST('/todos', { params, body: { title: 'Theirs' } });
  expect(theirs.response.status).toBe(201);
  service.clock.advance(24 * 3600 + 1);
  const later = await client.POST('/todos', { params, body: { title: 'Two' } });
  expect(later.response.status).toBe(201);
});
