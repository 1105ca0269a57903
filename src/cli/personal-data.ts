import { toUserBody } from '../auth/handlers.ts';
import { findUser } from '../auth/user-repository.ts';
import type { Db } from '../database/connect.ts';
import { readRows } from '../database/rows.ts';
import { type Database, isOwnedTable, type OwnedTable, TABLE_NAMES } from '../database/schema.ts';
import { escapeUnsafe } from '../escape-unsafe.ts';
import { formatTimestamp } from '../timestamp.ts';

/** Columns whose values must not be exported. */
type SecretColumn = `${string}${'hash' | 'nonce' | 'secret' | 'token'}${string}`;

/** A table with data of users. */
type PersonalTable = OwnedTable | 'audit_events';

/** Every such table with a secret column must be named below, or this does not compile. */
type TableWithSecrets = {
  [Name in PersonalTable]: Extract<keyof Database[Name], SecretColumn> extends never ? never : Name;
}[PersonalTable];

type Columns<Name extends PersonalTable> = readonly (keyof Database[Name])[];

/** The tables of which only some columns are exported, or none. */
const EXPORTED_COLUMNS: { [Name in TableWithSecrets]: Columns<Name> } & {
  [Name in PersonalTable]?: Columns<Name>;
} = {
  sessions: [
    'id',
    'created_at',
    'last_used_at',
    'idle_expires_at',
    'absolute_expires_at',
    'revoked_at',
    'revoke_reason',
    'address',
    'user_agent',
  ],
  todos: ['id', 'title', 'description', 'done', 'created_at', 'updated_at'],
  idempotency_keys: [], // kept for a day
};

/** The order of tables whose ids do not have the order of creation. */
const ORDERS: { [Name in PersonalTable]?: Columns<Name> } = {
  todos: ['created_at', 'id'],
  audit_events: ['at', 'id'],
};

/**
 * Exports as one JSON object, one item per line, all data of a user that the service keeps for longer
 * than a day, except secrets: hashes of passwords, tokens and keys. Lists start with the oldest item.
 * Every other table whose rows belong to users is a further list.
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
  for (const table of [...TABLE_NAMES.filter(isOwnedTable), 'audit_events'] as const) {
    const columns = EXPORTED_COLUMNS[table];
    if (columns?.length === 0) continue;
    yield `,\n"${table}":[`;
    let separator = '\n';
    for await (const rows of readUserRows(db, userId, table, columns)) {
      yield separator + rows.map(toJson).join(',\n');
      separator = ',\n';
    }
    yield ']';
  }
  yield '}\n';
}

/**
 * Reads rows of a user in pages.
 * @param columns by default, all except the owner
 */
export async function* readUserRows(
  db: Db,
  userId: string,
  table: PersonalTable,
  columns?: readonly string[],
) {
  for await (const rows of readRows(db, table, { userId, order: ORDERS[table] })) {
    yield rows.map(({ user_id: _, ...row }) => {
      const names = columns ?? Object.keys(row);
      return Object.fromEntries(names.map((name) => [name, formatValue(name, row[name])]));
    });
  }
}

/** Formats timestamps, whose columns end with `at`, as in RFC 3339, and the state of a todo. */
function formatValue(name: string, value: string | number | null | undefined) {
  if (name === 'done') return value === 1;
  return typeof value === 'number' && /(^|_)at$/.test(name) ? formatTimestamp(value) : value;
}

/** Escapes unsafe characters as JSON allows, so that they cannot control the terminal. */
function toJson(value: unknown): string {
  return escapeUnsafe(JSON.stringify(value));
}
