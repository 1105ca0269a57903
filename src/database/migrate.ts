import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { initial } from './migrations/0001_initial.ts';

/** All migrations in the order of their names; a new one is a file and a line here. */
const migrations = { '0001_initial': initial };

/**
 * Brings the tables to the newest form, in one transaction: wholly or not at all, and one process
 * at a time. (Kysely's migrator sees to neither on SQLite.)
 * @param fill puts into a database that is new what it is to begin with
 * @throws the error of the migration that failed; it has changed nothing
 */
export async function migrate<DB>(
  db: Kysely<DB>,
  fill: (db: Kysely<DB>) => Promise<void> = async () => {},
): Promise<void> {
  await db.connection().execute(async (connection) => {
    await sql`begin immediate`.execute(connection);
    try {
      const provider = { getMigrations: async () => migrations };
      const migrator = new Migrator({ db: connection, provider });
      const { error, results = [] } = await migrator.migrateToLatest();
      if (error) throw error;
      if (results.some(({ migrationName }) => migrationName === '0001_initial')) {
        await fill(connection);
      }
      await sql`commit`.execute(connection);
    } catch (error) {
      await sql`rollback`.execute(connection);
      throw error;
    }
  });
}
