import type { Kysely } from 'kysely';
import type { ReversibleMigration } from '../migrate.ts';

/** Refreshes are no longer ordered by their arrival; sessions live on. */
export const withoutArrival: ReversibleMigration = {
  destroys: [],

  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('sessions').dropColumn('spent_stamp').execute();
  },

  async down(db: Kysely<unknown>) {
    await db.schema.alterTable('sessions').addColumn('spent_stamp', 'bigint').execute();
  },
};
