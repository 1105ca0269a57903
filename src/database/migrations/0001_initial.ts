import type { Kysely } from 'kysely';
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

/** Users, their sessions and their todos. */
export const migration: ReversibleMigration = {
  destroys: TABLES,

  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('users')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('username', 'text', (column) => column.notNull())
      // The name in lower case: names are unique in any case.
      .addColumn('username_key', 'text', (column) => column.notNull().unique())
      .addColumn('password_hash', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('sessions')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) =>
        column.notNull().references('users.id').onDelete('cascade'),
      )
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('last_used_at', 'bigint', (column) => column.notNull())
      .addColumn('idle_expires_at', 'bigint', (column) => column.notNull())
      .addColumn('absolute_expires_at', 'bigint', (column) => column.notNull())
      .addColumn('revoked_at', 'bigint')
      .addColumn('revoke_reason', 'text')
      .addColumn('address', 'text', (column) => column.notNull())
      // The IPv4 address, or the first half of the IPv6 address.
      .addColumn('network', 'text', (column) => column.notNull())
      .addColumn('user_agent', 'text', (column) => column.notNull())
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
    await db.schema
      .createIndex('sessions_user')
      .on('sessions')
      .columns(['user_id', 'network'])
      .execute();
    await db.schema.createIndex('sessions_idle').on('sessions').column('idle_expires_at').execute();

    // Every token that a session has spent, to detect its reuse.
    await db.schema
      .createTable('spent_refresh_tokens')
      .addColumn('token_hash', 'text', (column) => column.primaryKey())
      .addColumn('session_id', 'text', (column) =>
        column.notNull().references('sessions.id').onDelete('cascade'),
      )
      .execute();
    await db.schema
      .createIndex('spent_refresh_tokens_session')
      .on('spent_refresh_tokens')
      .column('session_id')
      .execute();

    await db.schema
      .createTable('todos')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) =>
        column.notNull().references('users.id').onDelete('cascade'),
      )
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('done', 'integer', (column) => column.notNull())
      // Title and description in lower case, folded by the service: engines fold case differently.
      .addColumn('search_text', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('todos_created')
      .on('todos')
      .columns(['user_id', 'created_at', 'id'])
      .execute();
    await db.schema
      .createIndex('todos_updated')
      .on('todos')
      .columns(['user_id', 'updated_at', 'id'])
      .execute();

    await db.schema
      .createTable('idempotency_keys')
      .addColumn('user_id', 'text', (column) =>
        column.notNull().references('users.id').onDelete('cascade'),
      )
      .addColumn('key_hash', 'text', (column) => column.notNull())
      .addColumn('request_hash', 'text', (column) => column.notNull())
      .addColumn('response', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('idempotency_keys_key', ['user_id', 'key_hash'])
      .execute();
    await db.schema
      .createIndex('idempotency_keys_created')
      .on('idempotency_keys')
      .column('created_at')
      .execute();

    // The counters of failed attempts.
    await db.schema
      .createTable('rate_limits')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('points', 'integer', (column) => column.notNull())
      .addColumn('expire', 'bigint')
      .execute();
    await db.schema.createIndex('rate_limits_expire').on('rate_limits').column('expire').execute();

    // There is no foreign key to users: the audit log keeps the events of deleted users.
    await db.schema
      .createTable('audit_events')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('event', 'text', (column) => column.notNull())
      // Why a session was revoked.
      .addColumn('reason', 'text')
      .addColumn('user_id', 'text')
      .addColumn('session_id', 'text')
      .addColumn('address', 'text', (column) => column.notNull())
      .addColumn('request_id', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('audit_events_user')
      .on('audit_events')
      .columns(['user_id', 'at'])
      .execute();
    await db.schema.createIndex('audit_events_at').on('audit_events').column('at').execute();

    // Secrets that the nodes of a service share without configuration.
    await db.schema
      .createTable('secrets')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
  },

  async down(db: Kysely<unknown>) {
    for (const table of TABLES) await db.schema.dropTable(table).execute();
  },
};
