// The types of the tables. Timestamps are milliseconds since 1970, booleans 0 and 1, hashes lower-case
// hexadecimal: every engine has these types. The purpose of each column is in migrations/.

import type { Generated } from 'kysely';

/** A new table needs a line here, a line in `TABLES` and the type of its rows. */
export interface Database {
  users: UserTable;
  sessions: SessionTable;
  spent_refresh_tokens: SpentRefreshTokenTable;
  todos: TodoTable;
  idempotency_keys: IdempotencyKeyTable;
  rate_limits: RateLimitTable;
  audit_events: AuditEventTable;
  secrets: SecretTable;
}

export type Table = keyof Database;

/** The properties of a table whose rows have these columns. */
interface TableTraits<Row> {
  primaryKey: readonly (string & keyof Row)[];
  /** Whether each row belongs to a user: such rows are exported and deleted with the user. */
  isOwned: Row extends { user_id: string } ? true : false;
}

/** All tables; each comes after the tables that it references. */
export const TABLES: { [Name in Table]: TableTraits<Database[Name]> } = {
  secrets: { primaryKey: ['name'], isOwned: false },
  users: { primaryKey: ['id'], isOwned: false },
  sessions: { primaryKey: ['id'], isOwned: true },
  spent_refresh_tokens: { primaryKey: ['token_hash'], isOwned: false },
  todos: { primaryKey: ['id'], isOwned: true },
  idempotency_keys: { primaryKey: ['user_id', 'key_hash'], isOwned: true },
  rate_limits: { primaryKey: ['key'], isOwned: false },
  audit_events: { primaryKey: ['id'], isOwned: false },
};

// Object.keys does not know that the object has no other keys.
export const TABLE_NAMES = Object.keys(TABLES) as Table[];

/** A table whose rows belong to users. */
export type OwnedTable = {
  [Name in Table]: Database[Name] extends { user_id: string } ? Name : never;
}[Table];

export function isOwnedTable(table: Table): table is OwnedTable {
  return TABLES[table].isOwned;
}

interface UserTable {
  id: string;
  username: string;
  username_key: string;
  password_hash: string;
  created_at: number;
  password_is_temporary: Generated<number>;
}

export type RevokeReason =
  | 'logout'
  | 'logout_all'
  | 'password_change'
  | 'reuse'
  | 'admin'
  | 'limit';

interface SessionTable {
  id: string;
  user_id: string;
  created_at: number;
  last_used_at: number;
  idle_expires_at: number;
  absolute_expires_at: number;
  revoked_at: number | null;
  revoke_reason: RevokeReason | null;
  address: string;
  network: string;
  user_agent: string;
  token_hash: string;
  spent_hash: string | null;
  spent_at: number | null;
  successor_nonce: string | null;
  idempotency_hash: string | null;
}

interface SpentRefreshTokenTable {
  token_hash: string;
  session_id: string;
}

export interface TodoTable {
  id: string;
  user_id: string;
  title: string;
  description: string;
  done: number;
  search_text: string;
  version: number;
  created_at: number;
  updated_at: number;
}

interface IdempotencyKeyTable {
  user_id: string;
  key_hash: string;
  request_hash: string;
  response: string;
  created_at: number;
}

interface RateLimitTable {
  key: string;
  points: number;
  expire: number | null;
}

interface AuditEventTable {
  id: string;
  at: number;
  event: string;
  reason: RevokeReason | null;
  user_id: string | null;
  session_id: string | null;
  address: string;
  request_id: string;
}

interface SecretTable {
  name: string;
  value: string;
}
