import { check, operation } from '../../checks.ts';
import { fails, holds, isFaultOf, succeeds } from '../../expect.ts';
import { ada, as, bob } from '../../people.ts';
import { raw } from '../../requests.ts';
import { api, target } from '../../target.ts';
import { asAda, change, etagOf, type NewTodo, page, startWith } from '../../todos.ts';

async function create(body: NewTodo, key?: string, person = ada()) {
  const params = key === undefined ? {} : { header: { 'Idempotency-Key': key } };
  return api.POST('/todos', { ...as((await person).tokens), params, body });
}

/** Creates a todo from this JSON. */
async function post(body: string) {
  const headers = { ...(await asAda()).headers, 'Content-Type': 'application/json' };
  return raw({ method: 'POST', template: '/todos', path: '/todos', headers, body });
}

const AGAIN = 'is answered like the first one, with the todo as it was then';

operation('createTodo', () => {
  check(201, 'a title alone: the rest has its defaults', async () => {
    const result = await create({ title: 'Buy milk' });
    const { title, description, done, id } = succeeds(result, 201);
    holds(result, 'createTodo', [title, description, done], ['Buy milk', '', false]);
    holds(result, 'the service makes version 7', id[14], '7');
  });

  check(201, 'the members as they were sent', async () => {
    const todo = { title: ' Ünï\t"code" 𝒳 ', description: 'one\ntwo', done: true };
    const result = await create(todo);
    const { title, description, done } = succeeds(result, 201);
    holds(result, 'createTodo', { title, description, done }, todo);
  });

  check(400, 'a title that is blank', async () => {
    for (const title of [' ', ' \t\n', '\u00a0', '\u2028', '\u3000', '\ufeff']) {
      const result = await create({ title });
      holds(result, 'Not blank', result.response.status, 400);
      isFaultOf(result, { pointer: '/title' });
    }
  });

  check(400, 'a title or description with a lone surrogate', async () => {
    fails(await create({ title: 'half of a 🔑: \ud83d' }), 400, 'invalid_request');
    const description = 'the other half: \udd11';
    fails(await create({ title: 'a', description }), 400, 'invalid_request');
  });

  check(413, 'a body that is too large, under the name of the status in RFC 9110', async () => {
    const result = await post('{"title":"a"}'.padEnd(target.bodyLimit + 1));
    const { title } = fails(result, 413, 'content_too_large');
    holds(result, 'in RFC 9110, such as Content Too Large', title, 'Content Too Large');
  });

  check(415, 'a body without a media type', async () => {
    const { headers } = await asAda();
    const request = { method: 'POST', template: '/todos', path: '/todos', headers };
    fails(await raw({ ...request, body: '{"title":"a"}' }), 415, 'unsupported_media_type');
  });

  check(400, 'errors lists each member that is wrong', async () => {
    const result = await post('{"title":"","description":1,"done":"yes"}');
    const { errors = [] } = fails(result, 400, 'invalid_request');
    const found = new Set(errors.map(({ pointer }) => pointer));
    const sentence = 'if only members of the body are wrong, each of them is';
    holds(result, sentence, [...found].sort(), ['/description', '/done', '/title']);
  });

  check(400, 'a member that occurs twice', async () => {
    const result = await post('{"title":"a","done":true,"title":"b"}');
    fails(result, 400, 'invalid_request');
  });

  check(201, 'noncharacters', async () => {
    const title = 'a\ufffe\ufdd0b\u{1ffff}';
    const result = await create({ title });
    const sentence = 'Noncharacters, such as U+FFFE, are accepted';
    holds(result, sentence, succeeds(result, 201).title, title);
  });

  check(201, 'one request under one Idempotency-Key, at once and again: one todo', async () => {
    await startWith();
    const key = crypto.randomUUID();
    const atOnce = await Promise.all([1, 2, 3].map(() => create({ title: 'once' }, key)));
    const last = await create({ title: 'once' }, key);
    const location = ({ response }: typeof last) => response.headers.get('Location');
    for (const first of atOnce) {
      holds(first, AGAIN, succeeds(first, 201), succeeds(last, 201));
      holds(first, AGAIN, location(first), location(last));
    }
    const list = await page();
    holds(list, AGAIN, succeeds(list, 200).length, 1);
  });

  check(201, 'the same content is the same request, with the defaults or without', async () => {
    const key = crypto.randomUUID();
    const first = succeeds(await create({ title: 'once' }, key), 201);
    const sentence = 'Requests are the same if `title`, `description` and `done` are';
    const again = await create({ done: false, description: '', title: 'once' }, key);
    holds(again, sentence, succeeds(again, 201), first);
  });

  check(201, 'a repetition after a change or a deletion: the todo as it was then', async () => {
    const key = crypto.randomUUID();
    const first = await create({ title: 'once' }, key);
    const todo = succeeds(first, 201);
    await change(todo.id, { title: 'changed' });
    const changed = await create({ title: 'once' }, key);
    holds(changed, AGAIN, [succeeds(changed, 201), etagOf(changed)], [todo, etagOf(first)]);
    const params = { path: { todo_id: todo.id } };
    succeeds(await api.DELETE('/todos/{todo_id}', { ...(await asAda()), params }), 204);
    const deleted = await create({ title: 'once' }, key);
    holds(deleted, AGAIN, succeeds(deleted, 201), todo);
    const gone = await api.GET('/todos/{todo_id}', { ...(await asAda()), params });
    fails(gone, 404, 'not_found');
  });

  check(201, 'another key, or another user, makes another todo', async () => {
    const key = crypto.randomUUID();
    const first = succeeds(await create({ title: 'once' }, key), 201);
    for (const other of [
      await create({ title: 'once' }, crypto.randomUUID()),
      await create({ title: 'once' }, key, bob()),
    ]) {
      holds(other, 'With an `Idempotency-Key`', succeeds(other, 201).id === first.id, false);
    }
  });

  check(409, 'another request under the same Idempotency-Key', async () => {
    const key = crypto.randomUUID();
    succeeds(await create({ title: 'once' }, key), 201);
    for (const body of [{ title: 'twice' }, { title: 'once', done: true }]) {
      fails(await create(body, key), 409, 'idempotency_key_reused');
    }
  });
});
