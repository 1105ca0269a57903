import type { ColumnDefinitionBuilder, Kysely } from 'kysely';
import type { ReversibleMigration } from '../migrate.ts';

/** In the order in which they can be dropped: each comes before the tables that it references. */
const TABLES = [
  'secrets',
  'audit_events',
  'rate_limits',
  'idempotency_keys',
  'todos',
  'spent_refresh_tokens',
  'sessions',
  'users',
];

const notNull = (column: ColumnDefinitionBuilder) => column.notNull();

/** The user of a row, which is deleted with the user. */
const ownedBy = (column: ColumnDefinitionBuilder) =>
  column.notNull().references('users.id').onDelete('cascade');

/** Users, their sessions and their todos. */
export const migration: ReversibleMigration = {
  destroys: TABLES,

  async up(db: Kysely<unknown>) {
    const createIndex = (name: string, table: string, columns: string[]) =>
      db.schema.createIndex(name).on(table).columns(columns).execute();

    await db.schema
      .createTable('users')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('username', 'text', notNull)
      // The name in lower case: names are unique in any case.
      .addColumn('username_key', 'text', (column) => column.notNull().unique())
      .addColumn('password_hash', 'text', notNull)
      .addColumn('created_at', 'bigint', notNull)
      .execute();

    await db.schema
      .createTable('sessions')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', ownedBy)
      .addColumn('created_at', 'bigint', notNull)
      .addColumn('last_used_at', 'bigint', notNull)
      .addColumn('idle_expires_at', 'bigint', notNull)
      .addColumn('absolute_expires_at', 'bigint', notNull)
      .addColumn('revoked_at', 'bigint')
      .addColumn('revoke_reason', 'text')
      .addColumn('address', 'text', notNull)
      // The IPv4 address, or the first half of the IPv6 address.
      .addColumn('network', 'text', notNull)
      .addColumn('user_agent', 'text', notNull)
      // SHA-256 of the current refresh token.
      .addColumn('token_hash', 'text', (column) => column.notNull().unique())
      // SHA-256 of the token that it replaced; when it did (spent_stamp: in microseconds); the nonce
      // that derives it from that token, until it is used; and the SHA-256 of the Idempotency-Key of
      // that refresh.
      .addColumn('spent_hash', 'text', (column) => column.unique())
      .addColumn('spent_at', 'bigint')
      .addColumn('spent_stamp', 'bigint')
      .addColumn('successor_nonce', 'text')
      .addColumn('idempotency_hash', 'text')
      .execute();
    await createIndex('sessions_user', 'sessions', ['user_id', 'network']);
    await createIndex('sessions_idle', 'sessions', ['idle_expires_at']);

    // Every token that a session has spent, to detect its reuse.
    await db.schema
      .createTable('spent_refresh_tokens')
      .addColumn('token_hash', 'text', (column) => column.primaryKey())
      .addColumn('session_id', 'text', (column) =>
        column.notNull().references('sessions.id').onDelete('cascade'),
      )
      .execute();
    await createIndex('spent_refresh_tokens_session', 'spent_refresh_tokens', ['session_id']);

    await db.schema
      .createTable('todos')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', ownedBy)
      .addColumn('title', 'text', notNull)
      .addColumn('description', 'text', notNull)
      .addColumn('done', 'integer', notNull)
      // Title and description in lower case, folded by the service: engines fold case differently.
      .addColumn('search_text', 'text', notNull)
      .addColumn('version', 'integer', notNull)
      .addColumn('created_at', 'bigint', notNull)
      .addColumn('updated_at', 'bigint', notNull)
      .execute();
    await createIndex('todos_created', 'todos', ['user_id', 'created_at', 'id']);
    await createIndex('todos_updated', 'todos', ['user_id', 'updated_at', 'id']);

    await db.schema
      .createTable('idempotency_keys')
      .addColumn('user_id', 'text', ownedBy)
      .addColumn('key_hash', 'text', notNull)
      .addColumn('request_hash', 'text', notNull)
      .addColumn('response', 'text', notNull)
      .addColumn('created_at', 'bigint', notNull)
      .addPrimaryKeyConstraint('idempotency_keys_key', ['user_id', 'key_hash'])
      .execute();
    await createIndex('idempotency_keys_created', 'idempotency_keys', ['created_at']);

    // The counters of failed attempts.
    await db.schema
      .createTable('rate_limits')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('points', 'integer', notNull)
      .addColumn('expire', 'bigint')
      .execute();
    await createIndex('rate_limits_expire', 'rate_limits', ['expire']);

    // There is no foreign key to users: the audit log keeps the events of deleted users.
    await db.schema
      .createTable('audit_events')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('at', 'bigint', notNull)
      .addColumn('event', 'text', notNull)
      // Why a session was revoked.
      .addColumn('reason', 'text')
      .addColumn('user_id', 'text')
      .addColumn('session_id', 'text')
      .addColumn('address', 'text', notNull)
      .addColumn('request_id', 'text', notNull)
      .execute();
    await createIndex('audit_events_user', 'audit_events', ['user_id', 'at']);
    await createIndex('audit_events_at', 'audit_events', ['at']);

    // Secrets that the nodes of a service share without configuration.
    await db.schema
      .createTable('secrets')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', notNull)
      .execute();
  },

  async down(db: Kysely<unknown>) {
    for (const table of TABLES) await db.schema.dropTable(table).execute();
  },
};
