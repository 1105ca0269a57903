import { check, operation } from '../../checks.ts';
import { holds, isFaultOf, succeeds } from '../../expect.ts';
import { bob } from '../../people.ts';
import { add, change, page, type Query, startWith, type Todo, titles } from '../../todos.ts';

/** The query finds these todos, in any order. */
async function finds(query: Query, sentence: string, expected: string[]): Promise<void> {
  const result = await page(query);
  holds(result, sentence, titles(succeeds(result, 200)).sort(), expected.toSorted());
}

const TEXT = 'with this text in their title or description, without regard to case';

operation('listTodos', () => {
  check(200, "all todos of the user as they were added, and none of another user's", async () => {
    const added = await startWith({ title: 'a' }, { title: 'b', description: 'text', done: true });
    const theirs = await add({ title: 'theirs' }, bob());
    const result = await page();
    holds(result, "A page of the user's todos", byId(succeeds(result, 200)), byId(added));
    const other = await page({ limit: 100 }, bob());
    const ids = succeeds(other, 200).map(({ id }) => id);
    const isMine = added.some(({ id }) => ids.includes(id));
    holds(other, "A page of the user's todos", [ids.includes(theirs.id), isMine], [true, false]);
  });

  check(200, 'done: the finished ones, or the open ones', async () => {
    await startWith({ title: 'open' }, { title: 'finished', done: true });
    await finds({ done: true }, 'Only finished (`true`)', ['finished']);
    await finds({ done: false }, 'or only open (`false`)', ['open']);
  });

  check(200, 'q: a text in title or description, without regard to case', async () => {
    await startWith(
      { title: 'Buy MILK', done: true },
      { title: 'Walk', description: 'past the milkman' },
      { title: 'ÄPFEL' },
    );
    await finds({ q: 'milk' }, TEXT, ['Buy MILK', 'Walk']);
    await finds({ q: 'MILKMAN' }, TEXT, ['Walk']);
    await finds({ q: 'äpfel' }, TEXT, ['ÄPFEL']);
    await finds({ q: 'bread' }, TEXT, []);
    await finds({ q: 'milk', done: false }, TEXT, ['Walk']);
  });

  check(200, 'q: `%`, `_` and other characters that are special in a database', async () => {
    await startWith(
      { title: '100% sure' },
      { title: '100 percent' },
      { title: 'a_b' },
      { title: 'a b' },
    );
    const sentence = '`%` and `_` are ordinary characters';
    await finds({ q: '0%' }, sentence, ['100% sure']);
    await finds({ q: 'a_' }, sentence, ['a_b']);
    await finds({ q: "'" }, sentence, []);
    await finds({ q: '\\' }, sentence, []);
  });

  check(200, 'q: every character except two', async () => {
    await startWith({ title: 'a\tb' }, { title: 'c', description: 'd\u001ee\ufffe' });
    const sentence = 'Two characters are refused: U+0000 and U+001F';
    await finds({ q: 'a\tb' }, sentence, ['a\tb']);
    await finds({ q: '\u001ee\ufffe' }, sentence, ['c']);
  });

  check(400, 'q: the two characters that are refused', async () => {
    for (const q of ['a\0b', 'a\u001fb']) {
      const result = await page({ q });
      const sentence = 'Two characters are refused: U+0000 and U+001F';
      holds(result, sentence, result.response.status, 400);
      isFaultOf(result, { parameter: 'q' });
    }
  });

  for (const sort of [
    undefined,
    'created_at',
    '-created_at',
    'updated_at',
    '-updated_at',
  ] as const) {
    const title = sort === undefined ? 'without a sort, in the order of creation' : `sort=${sort}`;
    check(200, title, async () => {
      await startWithDifferentTimes();
      const result = await page(sort === undefined ? {} : { sort });
      const member = sort?.endsWith('updated_at') ? 'updated_at' : 'created_at';
      const times = succeeds(result, 200).map((todo) => Date.parse(todo[member]));
      const sign = sort?.startsWith('-') ? -1 : 1;
      const sorted = times.toSorted((a, b) => sign * (a - b));
      holds(result, 'with `-`, the latest first', times, sorted);
    });
  }
});

/** After so many changes the test goes on: the service's clock is too coarse for an order. */
const MOST_CHANGES = 20;

/** Todos of which the first one was changed last, so that no order is like another one. */
async function startWithDifferentTimes(): Promise<void> {
  const [first] = await startWith({ title: 'first' });
  if (!first) return; // it was just added
  let last = await add({ title: 'last' });
  for (let n = 0; n < MOST_CHANGES && !isLater(last.created_at, first.created_at); n += 1) {
    last = await add({ title: `last ${n}` });
  }
  let changed = first;
  for (let n = 0; n < MOST_CHANGES && !isLater(changed.updated_at, last.updated_at); n += 1) {
    changed = await change(first.id, { title: `changed ${n}` });
  }
}

function isLater(one: string, other: string): boolean {
  return Date.parse(one) > Date.parse(other);
}

function byId(todos: Todo[]): Todo[] {
  return todos.toSorted((a, b) => a.id.localeCompare(b.id));
}
