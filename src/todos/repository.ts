import { type Expression, PostgresAdapter, type Selectable, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { compiledQuery } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';
import type { TodoTable } from '../database/schema.ts';
import { transact } from '../database/transaction.ts';
import type { Position } from './cursor.ts';

export interface Todo {
  id: string;
  title: string;
  description: string;
  done: boolean;
  version: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  updatedAt: number;
}

export interface TodoContent {
  title: string;
  description: string;
  done: boolean;
}

export interface TodoFilter {
  done?: boolean | undefined;
  /** Text in title or description, without regard to case. */
  q?: string | undefined;
}

export interface TodoPage extends TodoFilter {
  orderBy: 'created_at' | 'updated_at';
  direction: 'asc' | 'desc';
  after: Position | undefined;
  limit: number;
}

/** A page of the user's todos and, if there are more, the position that the next one starts after. */
export async function listTodos(
  db: Db,
  userId: string,
  page: TodoPage,
): Promise<{ todos: Todo[]; next: Position | undefined }> {
  const { done, q = '', after, limit, orderBy } = page;
  const rows = await listQuery(page)(db, {
    userId,
    done: Number(done),
    text: foldCase(q),
    at: after?.at ?? 0,
    id: after?.id ?? '',
    rows: limit + 1,
  });
  const todos = rows.slice(0, limit).map(todoOf);
  const last = todos.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  const at = orderBy === 'created_at' ? last?.createdAt : last?.updatedAt;
  return { todos, next: hasMore ? { at: at ?? 0, id: last.id } : undefined };
}

interface ListValues extends Record<string, unknown> {
  userId: string;
  done: number;
  text: string;
  at: number;
  id: string;
  rows: number;
}

/** The shapes that a list query can have: some dozens. */
const listQueries = new Map<string, ReturnType<typeof compileListQuery>>();

function listQuery(page: TodoPage): ReturnType<typeof compileListQuery> {
  const shape = {
    orderBy: page.orderBy,
    direction: page.direction,
    hasDone: page.done !== undefined,
    hasText: page.q !== undefined,
    hasAfter: page.after !== undefined,
  };
  const key = Object.values(shape).join();
  const query = listQueries.get(key) ?? compileListQuery(shape);
  listQueries.set(key, query);
  return query;
}

interface ListShape extends Pick<TodoPage, 'orderBy' | 'direction'> {
  hasDone: boolean;
  hasText: boolean;
  hasAfter: boolean;
}

function compileListQuery({ orderBy, direction, hasDone, hasText, hasAfter }: ListShape) {
  return compiledQuery<ListValues, TodoRow>((db, parameter) => {
    let query = db
      .selectFrom('todos')
      .select(COLUMNS)
      .where('user_id', '=', parameter('userId'))
      .orderBy(orderBy, direction)
      .orderBy('id', direction)
      .limit(parameter('rows'));
    if (hasDone) query = query.where('done', '=', parameter('done'));
    if (hasText) query = query.where(textPosition(db, parameter('text')), '>', 0);
    if (hasAfter) {
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple(orderBy, 'id'),
          direction === 'asc' ? '>' : '<',
          tuple(parameter('at'), parameter('id')),
        ),
      );
    }
    return query;
  });
}

/**
 * Where the text is found, 0 if it is not. LIKE would take time that is proportional to the product of
 * both lengths: one user's search could stop all others.
 */
function textPosition(db: Db, text: Expression<string>) {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  return sql<number>`${sql.raw(isPostgres ? 'strpos' : 'instr')}(search_text, ${text})`;
}

/** Every engine folds the case of other letters; the service folds it itself, the same everywhere. */
function foldCase(text: string): string {
  return text.toLowerCase();
}

const COLUMNS = [
  'id',
  'title',
  'description',
  'done',
  'version',
  'created_at',
  'updated_at',
] as const;

type TodoRow = Pick<Selectable<TodoTable>, (typeof COLUMNS)[number]>;

/** @returns undefined when there is none, or it is another user's */
export async function findTodo(db: Db, userId: string, id: string): Promise<Todo | undefined> {
  const [row] = await findQuery(db, { id, userId });
  return row && todoOf(row);
}

const findQuery = compiledQuery<{ id: string; userId: string }, TodoRow>((db, parameter) =>
  db
    .selectFrom('todos')
    .select(COLUMNS)
    .where('id', '=', parameter('id'))
    .where('user_id', '=', parameter('userId')),
);

export async function createTodo(
  db: Db,
  userId: string,
  content: TodoContent,
  now: number,
): Promise<Todo> {
  const todo = newTodo(content, now);
  await insertTodo(db, userId, todo);
  return todo;
}

function newTodo(content: TodoContent, now: number): Todo {
  return { id: uuid(), ...content, version: 1, createdAt: now, updatedAt: now };
}

async function insertTodo(db: Db, userId: string, todo: Todo): Promise<void> {
  await db
    .insertInto('todos')
    .values({
      id: todo.id,
      user_id: userId,
      ...columnsOf(todo),
      version: todo.version,
      created_at: todo.createdAt,
      updated_at: todo.updatedAt,
    })
    .execute();
}

/** A request to create that may be sent again; both parts are hashes. */
export interface IdempotentRequest {
  key: string;
  request: string;
}

/** How long a key is remembered: 24 hours. */
const KEY_HORIZON = 86_400_000;

/**
 * Creates a todo once per key: the same request again finds the todo that the first one made.
 * @returns undefined when the key belongs to another request
 */
export async function createTodoOnce(
  db: Db,
  userId: string,
  content: TodoContent,
  { key, request }: IdempotentRequest,
  now: number,
): Promise<Todo | undefined> {
  const todo = newTodo(content, now);
  return transact(db, async (trx) => {
    const response = JSON.stringify(todo);
    const isFirst = await trx
      .insertInto('idempotency_keys')
      .values({ user_id: userId, key_hash: key, request_hash: request, response, created_at: now })
      .onConflict((conflict) =>
        conflict
          .columns(['user_id', 'key_hash'])
          .doUpdateSet({ request_hash: request, response, created_at: now })
          .where('idempotency_keys.created_at', '<', now - KEY_HORIZON),
      )
      .returning('key_hash')
      .executeTakeFirst();
    if (isFirst) {
      await insertTodo(trx, userId, todo);
      return todo;
    }
    const earlier = await trx
      .selectFrom('idempotency_keys')
      .select(['request_hash', 'response'])
      .where('user_id', '=', userId)
      .where('key_hash', '=', key)
      .executeTakeFirstOrThrow();
    return earlier.request_hash === request ? JSON.parse(earlier.response) : undefined;
  });
}

/**
 * Puts new content in the place of that version.
 * @returns undefined when the todo is at another version by now, or gone
 */
export async function replaceTodo(
  db: Db,
  userId: string,
  { id, version }: Todo,
  content: TodoContent,
  now: number,
): Promise<Todo | undefined> {
  const row = await db
    .updateTable('todos')
    .set({ ...columnsOf(content), version: version + 1, updated_at: now })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('version', '=', version)
    .returning(COLUMNS)
    .executeTakeFirst();
  return row && todoOf(row);
}

/** @returns whether that version was still there to be deleted */
export async function deleteTodo(db: Db, userId: string, { id, version }: Todo): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('todos')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('version', '=', version)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function deleteTodos(
  db: Db,
  userId: string,
  done: boolean | undefined,
): Promise<void> {
  let query = db.deleteFrom('todos').where('user_id', '=', userId);
  if (done !== undefined) query = query.where('done', '=', Number(done));
  await query.execute();
}

function columnsOf({ title, description, done }: TodoContent) {
  // No `q` holds a unit separator (the contract sees to that), so none matches across it.
  const search = foldCase(`${title}\u001f${description}`);
  return { title, description, done: Number(done), search_text: search };
}

function todoOf(row: TodoRow): Todo {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    done: row.done === 1,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
