import { check, operation } from '../../checks.ts';
import { fails, holds, isFaultOf, succeeds } from '../../expect.ts';
import { as, bob } from '../../people.ts';
import { api } from '../../target.ts';
import { add, asAda, etagOf, type NewTodo, type Todo, type TodoPatch } from '../../todos.ts';

interface Call {
  tag?: string;
  type?: string;
  by?: ReturnType<typeof bob>;
}

async function initOf(todo_id: string, { tag, type, by }: Call) {
  const { headers } = by ? as((await by).tokens) : await asAda();
  const header = tag === undefined ? {} : { 'If-Match': tag };
  return {
    headers: type === undefined ? headers : { ...headers, 'Content-Type': type },
    params: { path: { todo_id }, header },
  };
}

const get = async (todo_id: string) =>
  api.GET('/todos/{todo_id}', { ...(await asAda()), params: { path: { todo_id } } });
const put = async (id: string, body: NewTodo, call: Call = {}) =>
  api.PUT('/todos/{todo_id}', { ...(await initOf(id, call)), body });
const patch = async (id: string, body: TodoPatch, call: Call = {}) =>
  api.PATCH('/todos/{todo_id}', { ...(await initOf(id, call)), body });
const remove = async (id: string, call: Call = {}) =>
  api.DELETE('/todos/{todo_id}', await initOf(id, call));

type Change = (id: string, call?: Call) => ReturnType<typeof put | typeof patch | typeof remove>;

/** The checks of `If-Match` and ownership, for each operation that changes a todo. */
function describeCondition(make: Change, success: number): void {
  check(success, 'If-Match has its ETag, also among others, or is `*`', async () => {
    for (const tagOf of [(etag: string) => etag, (etag: string) => `"0", ${etag}`, () => '*']) {
      const { id } = await add({ title: 'a' });
      const tag = tagOf(etagOf(await get(id)));
      succeeds(await make(id, { tag }), success);
    }
  });

  check(412, 'If-Match has another ETag, that of before a change, or a weak one', async () => {
    const { id } = await add({ title: 'a' });
    const old = etagOf(await get(id));
    succeeds(await patch(id, { title: 'b' }), 200);
    const before = await get(id);
    for (const tag of [old, '"0"']) fails(await make(id, { tag }), 412, 'precondition_failed');
    const weak = await make(id, { tag: `W/${etagOf(before)}` });
    const { detail } = fails(weak, 412, 'precondition_failed');
    holds(weak, 'the 412 says that it is weak', /\bweak\b/.test(detail), true);
    const after = await get(id);
    holds(after, 'The todo has changed since', succeeds(after, 200), succeeds(before, 200));
  });

  check(412, 'of several changes to one ETag at once, exactly one is made', async () => {
    const { id } = await add({ title: 'a' });
    const tag = etagOf(await get(id));
    const answers = await Promise.all([
      make(id, { tag }),
      ...['b', 'c'].map((title) => patch(id, { title }, { tag })),
    ]);
    const made = answers.filter(({ response }) => response.ok);
    const [first] = answers;
    if (first) holds(first, 'Change the todo only if', made.length, 1);
  });

  check(
    404,
    'a todo of another user, which does not change, and one that does not exist',
    async () => {
      const { id } = await add({ title: 'a' });
      fails(await make(id, { by: bob() }), 404, 'not_found');
      const after = await get(id);
      holds(after, "or it is another user's", succeeds(after, 200).title, 'a');
      for (const call of [{}, { tag: '"1"' }, { tag: '*' }]) {
        fails(await make(crypto.randomUUID(), call), 404, 'not_found');
      }
    },
  );

  check(400, 'a malformed If-Match, and nothing changes', async () => {
    const { id } = await add({ title: 'a' });
    const result = await make(id, { tag: 'abc' });
    isFaultOf(result, { header: 'if-match' });
    const after = await get(id);
    holds(after, 'The todo as it is now', succeeds(after, 200).title, 'a');
  });
}

/** A change to the content that the todo has already. */
async function keepsVersion(change: typeof put | typeof patch, sentence: string): Promise<void> {
  const content = { title: 'a', description: 'b', done: true };
  const { id } = await add(content);
  const before = await get(id);
  const result = await change(id, content);
  const versionOf = (one: { data?: Todo; response: Response }) => [succeeds(one, 200), etagOf(one)];
  holds(result, sentence, versionOf(result), versionOf(before));
}

/** Compares a changed todo with the old one. */
async function isChanged(
  result: Awaited<ReturnType<typeof patch>>,
  old: Todo,
  oldTag: string,
  expected: Partial<Todo>,
): Promise<void> {
  const todo = succeeds(result, 200);
  const { id, created_at } = old;
  const { updated_at, ...rest } = todo;
  holds(result, 'The todo as it is now', rest, { ...rest, id, created_at, ...expected });
  const isLater = Date.parse(updated_at) >= Date.parse(old.updated_at);
  holds(result, 'The todo as it is now', isLater, true);
  holds(result, 'It changes whenever the todo does', etagOf(result) === oldTag, false);
  const after = await get(id);
  holds(after, 'The todo as it is now', succeeds(after, 200), todo);
  holds(after, 'It changes whenever the todo does', etagOf(after), etagOf(result));
}

operation('replaceTodo', () => {
  check(200, 'every member is replaced', async () => {
    const old = await add({ title: 'a', description: 'b' });
    const body = { title: 'c', description: 'd', done: true };
    const tag = etagOf(await get(old.id));
    await isChanged(await put(old.id, body), old, tag, body);
  });

  check(200, 'what the body leaves out takes its default', async () => {
    const old = await add({ title: 'a', description: 'b', done: true });
    const tag = etagOf(await get(old.id));
    const expected = { title: 'c', description: '', done: false };
    await isChanged(await put(old.id, { title: 'c' }), old, tag, expected);
  });

  check(200, 'with the same content', async () => {
    await keepsVersion(put, 'replacement that changes nothing keeps `updated_at` and `ETag`');
  });

  describeCondition((id, call) => put(id, { title: 'changed' }, call), 200);
});

operation('updateTodo', () => {
  for (const type of ['application/json', 'application/merge-patch+json']) {
    check(200, `one member at a time, as ${type}`, async () => {
      let old = await add({ title: 'a', description: 'b', done: true });
      for (const body of [{ title: 'c' }, { description: 'd' }, { done: false }]) {
        const tag = etagOf(await get(old.id));
        const { title, description, done } = old;
        const result = await patch(old.id, body, { type });
        await isChanged(result, old, tag, { title, description, done, ...body });
        old = succeeds(result, 200);
      }
    });
  }

  check(200, '`null` puts a member back to its default', async () => {
    const old = await add({ title: 'a', description: 'b', done: true });
    const tag = etagOf(await get(old.id));
    const result = await patch(old.id, { description: null, done: null });
    await isChanged(result, old, tag, { title: 'a', description: '', done: false });
  });

  check(200, 'to the same content', async () => {
    await keepsVersion(patch, 'An update that changes nothing keeps `updated_at` and `ETag`');
  });

  describeCondition((id, call) => patch(id, { title: 'changed' }, call), 200);
});

operation('deleteTodo', () => {
  check(204, 'the todo is deleted, and no other', async () => {
    const [one, other] = [await add({ title: 'a' }), await add({ title: 'b' })];
    succeeds(await remove(one.id), 204);
    fails(await get(one.id), 404, 'not_found');
    fails(await remove(one.id), 404, 'not_found');
    succeeds(await get(other.id), 200);
  });

  describeCondition(remove, 204);
});
