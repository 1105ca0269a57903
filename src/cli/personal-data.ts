import { listEventsAfter } from '../auth/audit-repository.ts';
import { toUserBody } from '../auth/handlers.ts';
import { listSessionsAfter } from '../auth/session-repository.ts';
import { findUser } from '../auth/user-repository.ts';
import type { Db } from '../database/connect.ts';
import { type Row, readRows } from '../database/rows.ts';
import { type Database, isOwnedTable, type OwnedTable, TABLE_NAMES } from '../database/schema.ts';
import { escapeUnsafe } from '../escape-unsafe.ts';
import type { Schema } from '../http/operation.ts';
import { formatTimestamp } from '../timestamp.ts';
import { toTodoBody } from '../todos/handlers.ts';
import { listTodos } from '../todos/list-todos.ts';
import type { Todo } from '../todos/repository.ts';

/**
 * All data of a user that the service keeps for longer than a day, except secrets: hashes of
 * passwords, tokens and keys. Timestamps are RFC 3339, lists start with the oldest item. Every other
 * table whose rows belong to users is exported as a further member.
 */
export interface PersonalData {
  exported_at: string;
  /** In the schema of the contract, like the todos. */
  user: Schema<'User'>;
  sessions: {
    id: string;
    created_at: string;
    last_used_at: string;
    idle_expires_at: string;
    absolute_expires_at: string;
    /** Null if the session is live or has expired. */
    revoked_at: string | null;
    revoke_reason: string | null;
    address: string;
    user_agent: string;
  }[];
  todos: Schema<'Todo'>[];
  audit_events: {
    id: string;
    at: string;
    event: string;
    reason: string | null;
    session_id: string | null;
    address: string;
    request_id: string;
  }[];
}

/** How many rows are in memory at a time. */
const PAGE_ROWS = 500;

/**
 * Exports the data of a user as one JSON object, one item per line.
 * @param db a read-only transaction, so that concurrent changes are not exported in part
 */
export async function* exportPersonalData(
  db: Db,
  userId: string,
  now: number,
): AsyncGenerator<string> {
  const user = await findUser(db, userId);
  if (!user) throw new Error('there is no such user');
  const head = { exported_at: formatTimestamp(now), user: toUserBody(user) };
  yield toJson(head).slice(0, -1);
  for (const table of TABLE_NAMES.filter(isOwnedTable)) {
    const read = rowReaders[table] ?? readOwnedRows;
    if (read !== 'omitted') yield* formatMember(table, read(db, userId, table));
  }
  yield* formatMember('audit_events', readAuditEvents(db, userId));
  yield '}\n';
}

/** Columns whose values must not be exported. */
type SecretColumn = `${string}${'hash' | 'nonce' | 'secret' | 'token'}${string}`;

/** Every owned table with such a column must be named below, or this does not compile. */
type TableWithSecrets = {
  [Name in OwnedTable]: Extract<keyof Database[Name], SecretColumn> extends never ? never : Name;
}[OwnedTable];

type Reader = (db: Db, userId: string, table: OwnedTable) => AsyncGenerator<object[]>;

/** The tables whose rows are not exported unchanged. */
const rowReaders: Record<TableWithSecrets, Reader | 'omitted'> &
  Partial<Record<OwnedTable, Reader | 'omitted'>> = {
  sessions: readSessions,
  todos: readTodos,
  idempotency_keys: 'omitted', // kept for a day
};

async function* formatMember(name: string, pages: AsyncGenerator<object[]>) {
  yield `,\n"${name}":[`;
  let separator = '\n';
  for await (const page of pages) {
    yield separator + page.map(toJson).join(',\n');
    separator = ',\n';
  }
  yield ']';
}

/** Reads all columns of the rows, except their owner. */
export async function* readOwnedRows(db: Db, userId: string, table: OwnedTable) {
  for await (const rows of readRows(db, table, userId)) yield rows.map(withoutOwner);
}

/** Columns with timestamps end with `_at`. */
function withoutOwner({ user_id: _, ...row }: Row) {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const isInstant = name.endsWith('_at') && typeof value === 'number';
      return [name, isInstant ? formatTimestamp(value) : value];
    }),
  );
}

async function* readSessions(db: Db, userId: string): AsyncGenerator<PersonalData['sessions']> {
  const read = (last: { id: string } | undefined) => listSessionsAfter(db, userId, last, PAGE_ROWS);
  for await (const page of readPages(read)) {
    yield page.map(({ revoked_at, ...session }) => ({
      ...session,
      created_at: formatTimestamp(session.created_at),
      last_used_at: formatTimestamp(session.last_used_at),
      idle_expires_at: formatTimestamp(session.idle_expires_at),
      absolute_expires_at: formatTimestamp(session.absolute_expires_at),
      revoked_at: revoked_at === null ? null : formatTimestamp(revoked_at),
    }));
  }
}

async function* readTodos(db: Db, userId: string): AsyncGenerator<PersonalData['todos']> {
  const order = { orderBy: 'created_at', direction: 'asc' } as const;
  const read = async (last: Todo | undefined) => {
    const after = last && { at: last.createdAt, id: last.id };
    return (await listTodos(db, userId, { ...order, after, limit: PAGE_ROWS })).todos;
  };
  for await (const page of readPages(read)) yield page.map(toTodoBody);
}

async function* readAuditEvents(
  db: Db,
  userId: string,
): AsyncGenerator<PersonalData['audit_events']> {
  type Last = { at: number; id: string } | undefined;
  const read = (last: Last) => listEventsAfter(db, userId, last, PAGE_ROWS);
  for await (const page of readPages(read)) {
    yield page.map((event) => ({ ...event, at: formatTimestamp(event.at) }));
  }
}

/** Reads page after page, each from the last row of the page before, until one is not full. */
async function* readPages<Row>(read: (last: Row | undefined) => Promise<Row[]>) {
  for (let last: Row | undefined; ; ) {
    const page = await read(last);
    if (page.length > 0) yield page;
    last = page.at(-1);
    if (page.length < PAGE_ROWS) return;
  }
}

/** Escapes unsafe characters as JSON allows, so that they cannot control the terminal. */
function toJson(value: unknown): string {
  return escapeUnsafe(JSON.stringify(value));
}
