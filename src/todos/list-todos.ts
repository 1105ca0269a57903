import { type Expression, PostgresAdapter, sql } from 'kysely';
import { compiledQueryByShape } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';
import type { Position } from './cursor.ts';
import { foldCase, TODO_COLUMNS, type Todo, type TodoRow, toTodo } from './repository.ts';
import { comparePosition, divideIntoSteps, type ListOrder, type StepRange } from './steps.ts';

export interface TodoFilter {
  done?: boolean | undefined;
  /** Text in title or description, in any case. */
  q?: string | undefined;
}

interface PageRequest extends ListOrder {
  after: Position | undefined;
  limit: number;
}

export type FilteredPageRequest = PageRequest & TodoFilter;

/** A page, and the position after which the next page starts, if there is one. */
export interface TodoPage {
  todos: Todo[];
  next: Position | undefined;
}

/** Lists a page of all of the user's todos. */
export async function listTodos(db: Db, userId: string, page: PageRequest): Promise<TodoPage> {
  return toTodoPage(await readTodos(db, userId, page, page.limit + 1), page);
}

/**
 * Lists a page of the todos that match a filter. It may have to read all todos of the user, and does
 * so step by step.
 * @param lockLongSearch waits for the user's turn. It is called if the first step did not fill the page,
 *   and its lock is held until the page is complete.
 * @returns undefined if there is no turn
 */
export async function searchTodos(
  db: Db,
  userId: string,
  page: FilteredPageRequest,
  lockLongSearch: () => Promise<Disposable | undefined>,
): Promise<TodoPage | undefined> {
  using locks = new DisposableStack();
  const wanted = page.limit + 1; // one more shows whether there is a next page
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

/** @param rows one more than the page has, if there is a next page */
function toTodoPage(rows: TodoRow[], { limit, orderBy }: PageRequest): TodoPage {
  const rowsOfPage = rows.slice(0, limit);
  const last = rows.length > limit ? rowsOfPage.at(-1) : undefined;
  return { todos: rowsOfPage.map(toTodo), next: last && { at: last[orderBy], id: last.id } };
}

/** Reads the todos of a range that match the filter. */
function readTodos(
  db: Db,
  userId: string,
  { orderBy, direction, done, q, after, upTo }: FilteredPageRequest & StepRange,
  maxRows: number,
): Promise<TodoRow[]> {
  const shape = {
    orderBy,
    direction,
    hasDone: done !== undefined,
    hasText: q !== undefined,
    hasAfter: after !== undefined,
    hasEnd: upTo !== undefined,
  };
  return listQuery(db, shape, {
    userId,
    done: Number(done),
    text: foldCase(q ?? ''),
    at: after?.at ?? 0,
    id: after?.id ?? '',
    endAt: upTo?.at ?? 0,
    endId: upTo?.id ?? '',
    maxRows,
  });
}

interface ListShape extends ListOrder {
  hasDone: boolean;
  hasText: boolean;
  hasAfter: boolean;
  hasEnd: boolean;
}

interface ListValues {
  userId: string;
  done: number;
  text: string;
  at: number;
  id: string;
  endAt: number;
  endId: string;
  maxRows: number;
}

const listQuery = compiledQueryByShape<ListShape, ListValues, TodoRow>((db, parameter, shape) => {
  const { orderBy, direction } = shape;
  let query = db
    .selectFrom('todos')
    .select(TODO_COLUMNS)
    .where('user_id', '=', parameter('userId'))
    .orderBy(orderBy, direction)
    .orderBy('id', direction)
    .limit(parameter('maxRows'));
  if (shape.hasDone) query = query.where('done', '=', parameter('done'));
  if (shape.hasText) query = query.where(searchTextPosition(db, parameter('text')), '>', 0);
  if (shape.hasAfter) {
    query = query.where(comparePosition(shape, 'after', parameter('at'), parameter('id')));
  }
  if (shape.hasEnd) {
    query = query.where(comparePosition(shape, 'upTo', parameter('endAt'), parameter('endId')));
  }
  return query;
});

/**
 * The position of the text in a todo, 0 if it is not there. LIKE would take time proportional to the
 * product of both lengths, so one user's search could delay all others.
 */
function searchTextPosition(db: Db, text: Expression<string>) {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  return sql<number>`${sql.raw(isPostgres ? 'strpos' : 'instr')}(search_text, ${text})`;
}
