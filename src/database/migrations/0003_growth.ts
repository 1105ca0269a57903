import type { Kysely } from 'kysely';
import type { ReversibleMigration } from '../migrate.ts';

/** Limits what one account can create. */
export const migration: ReversibleMigration = {
  destroys: [],

  async up(db: Kysely<unknown>) {
    // Finds the oldest keys of a user, which new keys replace.
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
