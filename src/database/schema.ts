// The tables as Kysely sees them. Instants are milliseconds since 1970, truth values 0 and 1,
// hashes lower-case hex: types that every engine has. What each column is for: migrations/.

import type { Generated } from 'kysely';

/** A new table is a line here, one in `TABLES` and the type of its rows. */
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

/** What is to be known of a table whose rows have these columns. */
interface TableTraits<Row> {
  primaryKey: readonly (string & keyof Row)[];
  /** Whether each row is a user's: such rows are exported with the user and deleted before. */
  isOwned: Row extends { user_id: string } ? true : false;
}

/** Every table, in an order in which each row finds those that it refers to. */
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

// Object.keys does not know that there are no others.
export const TABLE_NAMES = Object.keys(TABLES) as Table[];

/** A table whose rows are users'. */
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

export interface AuditEventTable {
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
