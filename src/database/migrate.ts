import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { initial } from './migrations/0001_initial.ts';

/** All migrations in the order of their names; a new one is a file and a line here. */
const migrations = { '0001_initial': initial };

/**
 * Brings the tables to the newest form.
 * @returns the names of the migrations that ran
 * @throws the error of the migration that failed; it has changed nothing
 */
export async function migrate<DB>(db: Kysely<DB>): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error;
  return (results ?? []).map((result) => result.migrationName);
}
