import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { compiledQuery } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';
import type { TodoTable } from '../database/schema.ts';
import { transact } from '../database/transaction.ts';
import { comparePosition, divideIntoSteps } from './steps.ts';

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

export type TodoContent = Pick<Todo, 'title' | 'description' | 'done'>;

export const TODO_COLUMNS = [
  'id',
  'title',
  'description',
  'done',
  'version',
  'created_at',
  'updated_at',
] as const;

export type TodoRow = Pick<TodoTable, (typeof TODO_COLUMNS)[number]>;

/** @returns undefined if there is none, or if it belongs to another user */
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

/** A user, and the maximum number of their todos. */
export interface TodoOwner {
  userId: string;
  maxTodos: number;
}

/** @returns undefined if the user has the maximum number of todos */
export async function createTodo(
  db: Db,
  owner: TodoOwner,
  content: TodoContent,
  now: number,
  id?: string,
): Promise<Todo | undefined> {
  const todo = buildTodo(content, now, id);
  if (await insertFarBelowLimit(db, owner, todo)) return todo;
  const isInserted = await transact(db, (trx) => insertBelowLimit(trx, owner, todo));
  return isInserted ? todo : undefined;
}

export function buildTodo(content: TodoContent, now: number, id = uuid()): Todo {
  const { title, description, done } = content;
  return { id, title, description, done, version: 1, createdAt: now, updatedAt: now };
}

/** More than the concurrent inserts of one user: PostgreSQL has fewer connections. */
const MAX_CONCURRENT_INSERTS = 1_000;

/** Inserts without a lock: even all concurrent inserts together do not reach the limit. */
export async function insertFarBelowLimit(db: Db, owner: TodoOwner, todo: Todo): Promise<boolean> {
  const maxTodos = owner.maxTodos - MAX_CONCURRENT_INSERTS;
  return maxTodos > 0 && insertIfFewer(db, { ...owner, maxTodos }, todo);
}

/**
 * Inserts in a transaction that locks the user, so that concurrent inserts count each other. The
 * update changes nothing; it takes the lock.
 */
export async function insertBelowLimit(trx: Db, owner: TodoOwner, todo: Todo): Promise<boolean> {
  await trx
    .updateTable('users')
    .set(({ ref }) => ({ created_at: ref('created_at') }))
    .where('id', '=', owner.userId)
    .execute();
  return insertIfFewer(trx, owner, todo);
}

/** @returns false if the user has `maxTodos` todos already */
async function insertIfFewer(db: Db, { userId, maxTodos }: TodoOwner, todo: Todo) {
  const values = { ...toRow(userId, todo), lastAllowed: maxTodos - 1 };
  return (await insertTodoQuery(db, values)).length > 0;
}

const COLUMN_TYPES = {
  id: 'text',
  user_id: 'text',
  title: 'text',
  description: 'text',
  done: 'bigint',
  search_text: 'text',
  version: 'bigint',
  created_at: 'bigint',
  updated_at: 'bigint',
} satisfies Record<keyof TodoTable, string>;

type InsertValues = TodoTable & { lastAllowed: number };

/** It counts index entries, up to the limit. The casts give a type where an engine infers none. */
const insertTodoQuery = compiledQuery<InsertValues, { id: string }>((db, parameter) => {
  const lastAllowed = db
    .selectFrom('todos')
    .select('id')
    .where('user_id', '=', parameter('user_id'))
    .limit(1)
    .offset(sql<number>`cast(${parameter('lastAllowed')} as bigint)`);
  const columns = Object.keys(COLUMN_TYPES) as (keyof TodoTable)[]; // it has no other keys
  const row = db
    .selectNoFrom(
      columns.map((name) =>
        sql`cast(${parameter(name)} as ${sql.raw(COLUMN_TYPES[name])})`.as(name),
      ),
    )
    .where(({ not, exists }) => not(exists(lastAllowed)));
  return db.insertInto('todos').columns(columns).expression(row).returning('id');
});

/**
 * Replaces the content of this version of a todo.
 * @returns undefined if the todo has another version by now, or is deleted
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

/** @returns false if the todo has another version by now, or is deleted */
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
 * Deletes the user's todos, or only those that are done or not done. Each step is a transaction: if
 * one fails, the todos of the steps before it stay deleted.
 */
export async function deleteTodos(db: Db, userId: string, done: boolean | undefined) {
  const order = { orderBy: 'created_at', direction: 'asc' } as const;
  for await (const { after, upTo } of divideIntoSteps(db, userId, { ...order, after: undefined })) {
    let query = db.deleteFrom('todos').where('user_id', '=', userId);
    if (done !== undefined) query = query.where('done', '=', Number(done));
    if (after) query = query.where(comparePosition(order, 'after', after.at, after.id));
    if (upTo) query = query.where(comparePosition(order, 'upTo', upTo.at, upTo.id));
    await query.execute();
  }
}

/** Engines fold the case of letters outside ASCII differently, so the service folds it. */
export function foldCase(text: string): string {
  return text.toLowerCase();
}

function toRow(userId: string, todo: Todo): TodoTable {
  const { id, version, createdAt, updatedAt } = todo;
  const row = { id, user_id: userId, version, created_at: createdAt, updated_at: updatedAt };
  return { ...toColumns(todo), ...row };
}

function toColumns({ title, description, done }: TodoContent) {
  // The contract allows no unit separator in `q`, so no search matches across it.
  const search = foldCase(`${title}\u001f${description}`);
  return { title, description, done: Number(done), search_text: search };
}

export function toTodo(row: TodoRow): Todo {
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
