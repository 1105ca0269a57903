import type { Kysely } from 'kysely';
import type { ReversibleMigration } from '../migrate.ts';

/** From version 0.2.0 on: the reuse leeway of refresh tokens; an audit log kept by event. */
export const leewayAndAccounts: ReversibleMigration = {
  destroys: [],

  async up(db: Kysely<unknown>) {
    // It ordered refreshes by their arrival.
    await db.schema.alterTable('sessions').dropColumn('spent_stamp').execute();
    // How many events of one kind a user has, and which of them are the oldest.
    await db.schema
      .createIndex('audit_events_kept')
      .on('audit_events')
      .columns(['user_id', 'event', 'at'])
      .execute();
  },

  async down(db: Kysely<unknown>) {
    await db.schema.dropIndex('audit_events_kept').execute();
    await db.schema.alterTable('sessions').addColumn('spent_stamp', 'bigint').execute();
  },
};
