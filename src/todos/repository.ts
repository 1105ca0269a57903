import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Expression,
  type ExpressionBuilder,
  PostgresAdapter,
  type Selectable,
  sql,
} from 'kysely';
import { v7 as uuid } from 'uuid';
import { compiledQuery } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';
import type { Database, TodoTable } from '../database/schema.ts';
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

/** A page of a list, and the position after which the next one starts, if there are more. */
export interface TodoList {
  todos: Todo[];
  next: Position | undefined;
}

/** A page of the user's todos, whatever they are. */
export async function listTodos(
  db: Db,
  userId: string,
  page: Omit<TodoPage, keyof TodoFilter>,
): Promise<TodoList> {
  return toTodoList(await readTodos(db, userId, page, page.limit + 1), page);
}

/**
 * A page of the todos that match a filter. It may have to read all todos of the user: it reads one
 * step at a time, and other requests run in between.
 * @param lockScan called before the second step; the lock is held until the page is complete
 * @returns undefined if the lock was refused
 */
export async function searchTodos(
  db: Db,
  userId: string,
  page: TodoPage,
  lockScan: () => Promise<Disposable | undefined>,
): Promise<TodoList | undefined> {
  using locks = new DisposableStack();
  const missing = page.limit + 1;
  const rows: TodoRow[] = [];
  for await (const step of divideIntoSteps(db, userId, page)) {
    if (step.number === 2) {
      const lock = await lockScan();
      if (!lock) return undefined;
      locks.use(lock);
    }
    rows.push(...(await readTodos(db, userId, { ...page, ...step }, missing - rows.length)));
    if (rows.length === missing) break;
  }
  return toTodoList(rows, page);
}

function toTodoList(
  rows: TodoRow[],
  { limit, orderBy }: Omit<TodoPage, keyof TodoFilter>,
): TodoList {
  const todos = rows.slice(0, limit).map(toTodo);
  const last = todos.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  const at = orderBy === 'created_at' ? last?.createdAt : last?.updatedAt;
  return { todos, next: hasMore ? { at: at ?? 0, id: last.id } : undefined };
}

/** What a statement reads: todos after one position, up to another. */
interface StepRange {
  after: Position | undefined;
  upTo?: Position | undefined;
}

type ListOrder = Pick<TodoPage, 'orderBy' | 'direction' | 'after'>;

/** How many todos a step reads: on SQLite, the largest ones keep the event loop for some 5 ms. */
const TODOS_PER_STEP = 100;

/** Divides a user's todos into ranges. Other requests run between two of them. */
async function* divideIntoSteps(
  db: Db,
  userId: string,
  { orderBy, direction, after: start }: ListOrder,
): AsyncGenerator<StepRange & { number: number }> {
  let after = start;
  for (let number = 1; ; number += 1) {
    const [row] = await stepEndQueries[orderBy][direction](db, {
      userId,
      at: after?.at ?? (direction === 'asc' ? -1 : Number.MAX_SAFE_INTEGER),
      id: after?.id ?? '',
    });
    const upTo = row && { at: row[orderBy], id: row.id };
    yield { number, after, upTo };
    if (!upTo) return;
    after = upTo;
    await nextTurn();
  }
}

/** The last todo of a step. It reads the index only. */
function compileStepEndQuery(orderBy: TodoPage['orderBy'], direction: TodoPage['direction']) {
  type Values = { userId: string; at: number; id: string };
  return compiledQuery<Values, Pick<TodoRow, 'id' | 'created_at' | 'updated_at'>>((db, parameter) =>
    db
      .selectFrom('todos')
      .select(['id', orderBy])
      .where('user_id', '=', parameter('userId'))
      .where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple(orderBy, 'id'),
          direction === 'asc' ? '>' : '<',
          tuple(parameter('at'), parameter('id')),
        ),
      )
      .orderBy(orderBy, direction)
      .orderBy('id', direction)
      .limit(1)
      .offset(TODOS_PER_STEP - 1),
  );
}

const stepEndQueries = {
  created_at: {
    asc: compileStepEndQuery('created_at', 'asc'),
    desc: compileStepEndQuery('created_at', 'desc'),
  },
  updated_at: {
    asc: compileStepEndQuery('updated_at', 'asc'),
    desc: compileStepEndQuery('updated_at', 'desc'),
  },
};

/** The todos of a range that match the filter. */
function readTodos(
  db: Db,
  userId: string,
  page: TodoPage & StepRange,
  rows: number,
): Promise<TodoRow[]> {
  const { done, q = '', after, upTo } = page;
  return findListQuery(page)(db, {
    userId,
    done: Number(done),
    text: foldCase(q),
    at: after?.at ?? 0,
    id: after?.id ?? '',
    endAt: upTo?.at ?? 0,
    endId: upTo?.id ?? '',
    rows,
  });
}

interface ListValues extends Record<string, unknown> {
  userId: string;
  done: number;
  text: string;
  at: number;
  id: string;
  endAt: number;
  endId: string;
  rows: number;
}

/** The shapes that a list query can have: some dozens. */
const listQueries = new Map<string, ReturnType<typeof compileListQuery>>();

function findListQuery(page: TodoPage & StepRange): ReturnType<typeof compileListQuery> {
  const shape = {
    orderBy: page.orderBy,
    direction: page.direction,
    hasDone: page.done !== undefined,
    hasText: page.q !== undefined,
    hasAfter: page.after !== undefined,
    hasEnd: page.upTo !== undefined,
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
  hasEnd: boolean;
}

function compileListQuery({ orderBy, direction, hasDone, hasText, ...range }: ListShape) {
  return compiledQuery<ListValues, TodoRow>((db, parameter) => {
    let query = db
      .selectFrom('todos')
      .select(TODO_COLUMNS)
      .where('user_id', '=', parameter('userId'))
      .orderBy(orderBy, direction)
      .orderBy('id', direction)
      .limit(parameter('rows'));
    if (hasDone) query = query.where('done', '=', parameter('done'));
    if (hasText) query = query.where(searchTextPosition(db, parameter('text')), '>', 0);
    if (range.hasAfter) {
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple(orderBy, 'id'),
          direction === 'asc' ? '>' : '<',
          tuple(parameter('at'), parameter('id')),
        ),
      );
    }
    if (range.hasEnd) {
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple(orderBy, 'id'),
          direction === 'asc' ? '<=' : '>=',
          tuple(parameter('endAt'), parameter('endId')),
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
function searchTextPosition(db: Db, text: Expression<string>) {
  return sql<number>`${sql.raw(isPostgres(db) ? 'strpos' : 'instr')}(search_text, ${text})`;
}

function isPostgres(db: Db): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** Every engine folds the case of other letters; the service folds it itself, the same everywhere. */
function foldCase(text: string): string {
  return text.toLowerCase();
}

const TODO_COLUMNS = [
  'id',
  'title',
  'description',
  'done',
  'version',
  'created_at',
  'updated_at',
] as const;

type TodoRow = Pick<Selectable<TodoTable>, (typeof TODO_COLUMNS)[number]>;

/** @returns undefined when there is none, or it is another user's */
export async function findTodo(db: Db, userId: string, id: string): Promise<Todo | undefined> {
  const [row] = await findTodoQuery(db, { id, userId });
  return row && toTodo(row);
}

const findTodoQuery = compiledQuery<{ id: string; userId: string }, TodoRow>((db, parameter) =>
  db
    .selectFrom('todos')
    .select(TODO_COLUMNS)
    .where('id', '=', parameter('id'))
    .where('user_id', '=', parameter('userId')),
);

/** A user, and how many todos they have at most. */
export interface TodoOwner {
  userId: string;
  maxTodos: number;
}

/**
 * @param id a new one, unless given
 * @returns undefined when the user has as many todos as are allowed
 */
export async function createTodo(
  db: Db,
  owner: TodoOwner,
  content: TodoContent,
  now: number,
  id?: string,
): Promise<Todo | undefined> {
  const todo = createContent(content, now, id);
  if (await insertFarBelowLimit(db, owner, todo)) return todo;
  const isInserted = await transact(db, (trx) => insertBelowLimit(trx, owner, todo));
  return isInserted ? todo : undefined;
}

function createContent({ title, description, done }: TodoContent, now: number, id = uuid()): Todo {
  return { id, title, description, done, version: 1, createdAt: now, updatedAt: now };
}

/** More inserts of one user than can be under way at once: a PostgreSQL has fewer connections. */
const MAX_CONCURRENT_INSERTS = 1_000;

/** Needs no lock: all inserts under way together do not reach the limit. */
async function insertFarBelowLimit(db: Db, owner: TodoOwner, todo: Todo): Promise<boolean> {
  const maxTodos = owner.maxTodos - MAX_CONCURRENT_INSERTS;
  return maxTodos > 0 && insertIfFewer(db, { ...owner, maxTodos }, todo);
}

/**
 * In a transaction. The update changes nothing: its lock on the user makes inserts wait for each
 * other, so that each of them counts the others.
 */
async function insertBelowLimit(trx: Db, owner: TodoOwner, todo: Todo): Promise<boolean> {
  await trx
    .updateTable('users')
    .set(({ ref }) => ({ created_at: ref('created_at') }))
    .where('id', '=', owner.userId)
    .execute();
  return insertIfFewer(trx, owner, todo);
}

/** @returns whether the user had fewer todos than that, and has one more now */
async function insertIfFewer(db: Db, owner: TodoOwner, todo: Todo): Promise<boolean> {
  const { title, description, done, search_text } = toColumns(todo);
  const inserted = await insertTodoQuery(db, {
    id: todo.id,
    userId: owner.userId,
    title,
    description,
    done,
    searchText: search_text,
    version: todo.version,
    at: todo.createdAt,
    lastAllowed: owner.maxTodos - 1,
  });
  return inserted.length > 0;
}

interface InsertValues extends Record<string, unknown> {
  id: string;
  userId: string;
  title: string;
  description: string;
  done: number;
  searchText: string;
  version: number;
  at: number;
  lastAllowed: number;
}

/** It counts index entries, up to the limit. The casts are for engines that infer no types here. */
const insertTodoQuery = compiledQuery<InsertValues, { id: string }>((db, parameter) => {
  const text = (name: 'id' | 'userId' | 'title' | 'description' | 'searchText') =>
    sql<string>`cast(${parameter(name)} as text)`;
  const number = (name: 'done' | 'version' | 'at' | 'lastAllowed') =>
    sql<number>`cast(${parameter(name)} as bigint)`;
  const counted = db
    .selectFrom('todos')
    .select('id')
    .where('user_id', '=', parameter('userId'))
    .limit(1)
    .offset(number('lastAllowed'));
  const row = db
    .selectNoFrom([
      text('id').as('id'),
      text('userId').as('user_id'),
      text('title').as('title'),
      text('description').as('description'),
      number('done').as('done'),
      text('searchText').as('search_text'),
      number('version').as('version'),
      number('at').as('created_at'),
      number('at').as('updated_at'),
    ])
    .where(({ not, exists }) => not(exists(counted)));
  return db.insertInto('todos').columns(INSERTED_COLUMNS).expression(row).returning('id');
});

/** In the order of the row that is inserted. */
const INSERTED_COLUMNS = [
  'id',
  'user_id',
  'title',
  'description',
  'done',
  'search_text',
  'version',
  'created_at',
  'updated_at',
] as const;

/** A request to create that may be sent again; both parts are hashes. */
export interface IdempotentRequest {
  keyHash: string;
  requestHash: string;
}

/** How long a key is remembered: 24 hours. */
const KEY_RETENTION_MS = 86_400_000;

/** How many keys of a user are remembered; a new one takes the place of the oldest. */
const MAX_KEYS_PER_USER = 10_000;

/** Creates a todo once per key: the same request again finds the todo that the first one made. */
export async function createTodoOnce(
  db: Db,
  owner: TodoOwner,
  content: TodoContent,
  request: IdempotentRequest,
  now: number,
): Promise<Todo | 'key reused' | 'limit reached'> {
  const todo = createContent(content, now);
  return transact(db, async (trx) => {
    if (!(await insertKey(trx, owner.userId, request, todo))) {
      return findTodoByKey(trx, owner.userId, request);
    }
    const isInserted =
      (await insertFarBelowLimit(trx, owner, todo)) || (await insertBelowLimit(trx, owner, todo));
    if (isInserted) await deleteSurplusKeys(trx, owner.userId);
    else await deleteKey(trx, owner.userId, request.keyHash);
    return isInserted ? todo : 'limit reached';
  });
}

/** @returns whether the key is new, or was forgotten */
async function insertKey(
  trx: Db,
  userId: string,
  { keyHash, requestHash }: IdempotentRequest,
  todo: Todo,
): Promise<boolean> {
  const row = {
    request_hash: requestHash,
    response: JSON.stringify(todo),
    created_at: todo.createdAt,
  };
  const inserted = await trx
    .insertInto('idempotency_keys')
    .values({ user_id: userId, key_hash: keyHash, ...row })
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'key_hash'])
        .doUpdateSet(row)
        .where('idempotency_keys.created_at', '<', todo.createdAt - KEY_RETENTION_MS),
    )
    .returning('key_hash')
    .executeTakeFirst();
  return inserted !== undefined;
}

async function findTodoByKey(
  trx: Db,
  userId: string,
  { keyHash, requestHash }: IdempotentRequest,
): Promise<Todo | 'key reused'> {
  const earlier = await trx
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'response'])
    .where('user_id', '=', userId)
    .where('key_hash', '=', keyHash)
    .executeTakeFirstOrThrow();
  return earlier.request_hash === requestHash ? JSON.parse(earlier.response) : 'key reused';
}

async function deleteKey(trx: Db, userId: string, key: string): Promise<void> {
  await trx
    .deleteFrom('idempotency_keys')
    .where('user_id', '=', userId)
    .where('key_hash', '=', key)
    .execute();
}

/** All but the newest; a few at a time are enough, because every new key deletes some. */
async function deleteSurplusKeys(trx: Db, userId: string): Promise<void> {
  await trx
    .deleteFrom('idempotency_keys')
    .where('user_id', '=', userId)
    .where('key_hash', 'in', (surplus) =>
      surplus
        .selectFrom('idempotency_keys')
        .select('key_hash')
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .orderBy('key_hash')
        .offset(MAX_KEYS_PER_USER)
        .limit(100),
    )
    .execute();
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
    .set({ ...toColumns(content), version: version + 1, updated_at: now })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('version', '=', version)
    .returning(TODO_COLUMNS)
    .executeTakeFirst();
  return row && toTodo(row);
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

/**
 * Deletes the user's todos, or those that are done or are not. Each step is a transaction of its
 * own; if one fails, what was deleted before stays deleted.
 */
export async function deleteTodos(
  db: Db,
  userId: string,
  done: boolean | undefined,
): Promise<void> {
  const order: ListOrder = { orderBy: 'created_at', direction: 'asc', after: undefined };
  for await (const { after, upTo } of divideIntoSteps(db, userId, order)) {
    let query = db.deleteFrom('todos').where('user_id', '=', userId);
    if (done !== undefined) query = query.where('done', '=', Number(done));
    if (after) query = query.where(compareCreation('>', after));
    if (upTo) query = query.where(compareCreation('<=', upTo));
    await query.execute();
  }
}

function compareCreation(operator: '>' | '<=', { at, id }: Position) {
  return ({ eb, refTuple, tuple }: ExpressionBuilder<Database, 'todos'>) =>
    eb(refTuple('created_at', 'id'), operator, tuple(at, id));
}

function toColumns({ title, description, done }: TodoContent) {
  // No `q` holds a unit separator (the contract sees to that), so none matches across it.
  const search = foldCase(`${title}\u001f${description}`);
  return { title, description, done: Number(done), search_text: search };
}

function toTodo(row: TodoRow): Todo {
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
