import { check, describe } from '../../checks.ts';
import { fails, holds, isFaultOf, succeeds } from '../../expect.ts';
import { as, bob } from '../../people.ts';
import { nextPage, pathFrom, raw } from '../../requests.ts';
import { api } from '../../target.ts';
import {
  add,
  asAda,
  type NewTodo,
  nextCursor,
  page,
  pages,
  startWith,
  type Todo,
  titles,
} from '../../todos.ts';

const some = (count: number): NewTodo[] =>
  Array.from({ length: count }, (_, n) => ({ title: `${n}`, done: n % 2 === 0 }));

const lengths = (found: Todo[][]) => found.map(({ length }) => length);

describe('listTodos, page by page', () => {
  check(200, 'a page has 20 todos by default', async () => {
    await startWith(...some(21));
    const { found, result } = await pages({});
    holds(result, 'How many todos a page has at most', lengths(found), [20, 1]);
  });

  check(200, 'a full page that is the last one has no Link', async () => {
    await startWith(...some(4));
    const { found, result } = await pages({ limit: 2 });
    holds(result, 'missing on the last', lengths(found), [2, 2]);
  });

  for (const sort of ['created_at', '-created_at', 'updated_at', '-updated_at'] as const) {
    check(200, `every todo once: sort=${sort}`, async () => {
      await startWith(...some(5));
      const whole = await page({ sort });
      const { found, result } = await pages({ sort, limit: 2 });
      const expected = titles(succeeds(whole, 200));
      holds(result, 'leads to the next one', titles(found.flat()), expected);
    });
  }

  check(200, 'every todo once, while others are added and deleted', async () => {
    const todos = await startWith(...some(9));
    const goes = todos.filter((_, n) => n % 3 === 0);
    const stays = todos.filter((todo) => !goes.includes(todo));
    const { found, result } = await pages({ limit: 2 }, async () => {
      const todo_id = goes.shift()?.id;
      if (todo_id === undefined) return;
      const params = { path: { todo_id } };
      succeeds(await api.DELETE('/todos/{todo_id}', { ...(await asAda()), params }), 204);
      await add({ title: 'new' });
    });
    const ids = found.flat().map(({ id }) => id);
    const sentence = 'make no other todo appear twice or not at all';
    holds(result, sentence, new Set(ids).size, ids.length);
    const lost = stays.filter(({ id }) => !ids.includes(id));
    holds(result, sentence, lost, []);
  });

  check(200, 'the Link repeats the parameters, and works without changes', async () => {
    await startWith(
      { title: 'x & y 1' },
      { title: 'other' },
      { title: 'x & y 2' },
      { title: 'x & y 3', done: true },
    );
    const lists = [{}, { sort: '-updated_at' }, { done: false }, { q: 'x & y' }] as const;
    for (const asked of lists) {
      const query = { ...asked, limit: 1 };
      const first = await page(query);
      const next = nextPage(first.response) ?? new URL('http://no-link.invalid');
      const lost = Object.entries(query).filter(
        ([name, value]) => next.searchParams.get(name) !== `${value}`,
      );
      holds(first, 'It repeats the parameters', lost, []);
      const path = pathFrom(next, { path: '/todos' });
      const second = await raw({ method: 'GET', template: '/todos', path, ...(await asAda()) });
      const all = titles(succeeds(await page(asked), 200));
      // Its body was compared with the schema of listTodos.
      const found = titles(succeeds(second, 200) as Todo[]);
      holds(second, 'leads to the next one', found, all.slice(1, 2));
    }
  });

  check(200, 'a cursor works with another limit', async () => {
    await startWith(...some(4));
    const cursor = nextCursor((await page({ limit: 1 })).response) ?? '';
    const result = await page({ limit: 2, cursor });
    holds(result, '`limit` may differ', titles(succeeds(result, 200)), ['1', '2']);
  });

  check(400, 'a cursor that was never handed out', async () => {
    await startWith(...some(2));
    const { response } = await page({ limit: 1 });
    const cursor = nextCursor(response) ?? '';
    const other = cursor.startsWith('A') ? 'B' : 'A';
    for (const bad of ['nonsense', other + cursor.slice(1), `${cursor}A`, cursor.slice(0, -1)]) {
      isFaultOf(await page({ limit: 1, cursor: bad }), { parameter: 'cursor' });
    }
    const good = await page({ limit: 1, cursor });
    holds(good, 'leads to the next one', titles(succeeds(good, 200)).length, 1);
  });

  check(400, "a cursor of another user's, or of a list with another order or filter", async () => {
    await startWith(...some(2));
    const { response } = await page({ limit: 1 });
    const cursor = nextCursor(response) ?? '';
    const query = { limit: 1, cursor };
    const theirs = await api.GET('/todos', { ...as((await bob()).tokens), params: { query } });
    fails(theirs, 400, 'invalid_request');
    for (const other of [{ sort: '-created_at' }, { done: true }, { q: '1' }] as const) {
      isFaultOf(await page({ ...query, ...other }), { parameter: 'cursor' });
    }
  });
});
