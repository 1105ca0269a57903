import { type Expression, PostgresAdapter, sql } from 'kysely';
import { compiledQuery } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';
import type { Position } from './cursor.ts';
import { foldCase, TODO_COLUMNS, type TodoRow, toTodo } from './repository.ts';
import {
  comparePosition,
  divideIntoSteps,
  type ListOrder,
  type OrderShape,
  type StepRange,
} from './steps.ts';

interface PageRequest extends ListOrder {
  done?: boolean | undefined;
  /** Text in title or description, in any case. */
  q?: string | undefined;
  after: Position | undefined;
  limit: number;
}

/**
 * Lists a page of the user's todos. If there is a filter, it may have to read all of them, and does so
 * step by step.
 * @param lockLongSearch waits for the user's turn. It is called if the first step did not fill the page,
 *   and its lock is held until the page is complete.
 * @returns undefined if there is no turn
 */
export async function listTodos(
  db: Db,
  userId: string,
  page: PageRequest,
  lockLongSearch: () => Promise<Disposable | undefined>,
) {
  const wanted = page.limit + 1; // one more shows whether there is a next page
  const isFiltered = page.done !== undefined || page.q !== undefined;
  if (!isFiltered) return toTodoPage(await readTodos(db, userId, page, wanted), page);
  using locks = new DisposableStack();
  const rows: TodoRow[] = [];
  for await (const { number, ...range } of divideIntoSteps(db, userId, page)) {
    if (number === 2) {
      const lock = await lockLongSearch();
      if (!lock) return undefined;
      locks.use(lock);
    }
    rows.push(...(await readTodos(db, userId, { ...page, ...range }, wanted - rows.length)));
    if (rows.length === wanted) break;
  }
  return toTodoPage(rows, page);
}

/**
 * @param rows one more than the page has, if there is a next page
 * @returns the page, and the position after which the next page starts, if there is one
 */
function toTodoPage(rows: TodoRow[], { limit, orderBy }: PageRequest) {
  const rowsOfPage = rows.slice(0, limit);
  const last = rows.length > limit ? rowsOfPage.at(-1) : undefined;
  return { todos: rowsOfPage.map(toTodo), next: last && { at: last[orderBy], id: last.id } };
}

/** Reads the todos of a range that match the filter. */
function readTodos(
  db: Db,
  userId: string,
  { orderBy, direction, done, q, after, upTo }: PageRequest & StepRange,
  maxRows: number,
): Promise<TodoRow[]> {
  const values = {
    userId,
    maxRows,
    done: done === undefined ? undefined : Number(done),
    text: q === undefined ? undefined : foldCase(q),
    at: after?.at,
    id: after?.id,
    endAt: upTo?.at,
    endId: upTo?.id,
  };
  return listQuery(db, values, orderBy, direction);
}

interface ListValues {
  userId: string;
  maxRows: number;
  done: number | undefined;
  text: string | undefined;
  at: number | undefined;
  id: string | undefined;
  endAt: number | undefined;
  endId: string | undefined;
}

const listQuery = compiledQuery<ListValues, TodoRow, OrderShape>(
  (db, parameter, orderBy, direction) => {
    let query = db
      .selectFrom('todos')
      .select(TODO_COLUMNS)
      .where('user_id', '=', parameter('userId'))
      .orderBy(orderBy, direction)
      .orderBy('id', direction)
      .limit(parameter('maxRows'));
    const [done, text] = [parameter('done'), parameter('text')];
    if (done) query = query.where('done', '=', done);
    if (text) query = query.where(searchTextPosition(db, text), '>', 0);
    const [at, id] = [parameter('at'), parameter('id')];
    if (at && id) query = query.where(comparePosition({ orderBy, direction }, 'after', at, id));
    const [endAt, endId] = [parameter('endAt'), parameter('endId')];
    if (endAt && endId) {
      query = query.where(comparePosition({ orderBy, direction }, 'upTo', endAt, endId));
    }
    return query;
  },
);

/**
 * The position of the text in a todo, 0 if it is not there. LIKE would take time proportional to the
 * product of both lengths, so one user's search could delay all others.
 */
function searchTextPosition(db: Db, text: Expression<string>) {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  return sql<number>`${sql.raw(isPostgres ? 'strpos' : 'instr')}(search_text, ${text})`;
}
