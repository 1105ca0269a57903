import type { Kysely } from 'kysely';
import type { ReversibleMigration } from '../migrate.ts';

/** After 0.2.0: the reuse leeway, an audit log kept by kind, passwords that have to be changed. */
export const migration: ReversibleMigration = {
  destroys: ['users.password_is_temporary'],

  async up(db: Kysely<unknown>) {
    // Version 0.2.0 ordered refreshes by their time of arrival.
    await db.schema.alterTable('sessions').dropColumn('spent_stamp').execute();
    // The operator has set the password, and the user has to change it.
    await db.schema
      .alterTable('users')
      .addColumn('password_is_temporary', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    // Finds the number of a user's events of one kind, and the oldest of them.
    await db.schema
      .createIndex('audit_events_kept')
      .on('audit_events')
      .columns(['user_id', 'event', 'at'])
      .execute();
  },

  async down(db: Kysely<unknown>) {
    await db.schema.alterTable('users').dropColumn('password_is_temporary').execute();
    await db.schema.dropIndex('audit_events_kept').execute();
    await db.schema.alterTable('sessions').addColumn('spent_stamp', 'bigint').execute();
  },
};
