import { check, operation } from '../../checks.ts';
import { holds, succeeds } from '../../expect.ts';
import { bob } from '../../people.ts';
import { api } from '../../target.ts';
import { add, asAda, page, startWith, titles } from '../../todos.ts';

async function leaves(query: { done?: boolean }, expected: string[]): Promise<void> {
  await startWith({ title: 'open' }, { title: 'finished', done: true });
  succeeds(await api.DELETE('/todos', { ...(await asAda()), params: { query } }), 204);
  const result = await page();
  holds(result, 'or only the finished or the open ones', titles(succeeds(result, 200)), expected);
}

operation('deleteTodos', () => {
  check(204, 'the finished ones, or the open ones', async () => {
    await leaves({ done: true }, ['open']);
    await leaves({ done: false }, ['finished']);
  });

  check(204, "all of them, and none of another user's", async () => {
    const { id } = await add({ title: 'theirs' }, bob());
    await leaves({}, []);
    const result = await page({ limit: 100 }, bob());
    const ids = succeeds(result, 200).map((todo) => todo.id);
    holds(result, "A page of the user's todos", ids.includes(id), true);
  });
});
