import type { Kysely } from 'kysely';
import type { ReversibleMigration } from '../migrate.ts';

/** What one account can create is bounded. */
export const migration: ReversibleMigration = {
  destroys: [],

  async up(db: Kysely<unknown>) {
    // The oldest keys of a user, which the newest replace.
    await db.schema
      .createIndex('idempotency_keys_user')
      .on('idempotency_keys')
      .columns(['user_id', 'created_at', 'key_hash'])
      .execute();
  },

  async down(db: Kysely<unknown>) {
    await db.schema.dropIndex('idempotency_keys_user').execute();
  },
};
