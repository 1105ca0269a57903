import { check, operation } from '../../checks.ts';
import { holds, succeeds } from '../../expect.ts';
import { api } from '../../target.ts';
import { add, asAda, change, etagOf } from '../../todos.ts';

async function get(todo_id: string, tag?: string) {
  const header = tag === undefined ? {} : { 'If-None-Match': tag };
  return api.GET('/todos/{todo_id}', { ...(await asAda()), params: { path: { todo_id }, header } });
}

operation('getTodo', () => {
  check(200, 'the todo as it was added', async () => {
    const added = await add({ title: 'a', description: 'b', done: true });
    const result = await get(added.id);
    holds(result, 'The todo as it is now', succeeds(result, 200), added);
  });

  check(304, 'If-None-Match has its ETag, weak or not, among others, or is `*`', async () => {
    const { id } = await add({ title: 'a' });
    const etag = etagOf(await get(id));
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const result = await get(id, tag);
      succeeds(result, 304);
      const sentence = 'The todo has not changed since the `ETag` that was sent';
      holds(result, sentence, etagOf(result), etag);
    }
  });

  check(200, 'If-None-Match has another ETag, or that of before a change', async () => {
    const { id } = await add({ title: 'a' });
    const etag = etagOf(await get(id));
    succeeds(await get(id, '"other"'), 200);
    await change(id, { title: 'b' });
    const result = await get(id, etag);
    holds(result, 'The todo as it is now', succeeds(result, 200).title, 'b');
    holds(result, 'It changes whenever the todo does', etagOf(result) === etag, false);
  });
});
