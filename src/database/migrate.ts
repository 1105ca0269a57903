import { readdirSync } from 'node:fs';
import { sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator, NO_MIGRATIONS } from 'kysely/migration';
import { OperatorError } from '../operator-error.ts';
import type { Db } from './connect.ts';
import { withMigrationLock } from './migration-lock.ts';

/** A migration that can be undone. */
export interface ReversibleMigration extends Required<Pick<Migration, 'up' | 'down'>> {
  /** What is deleted when the migration is undone: tables, or `table.column`. */
  destroys: readonly string[];
}

/** All migrations by name, in order: the files of `migrations/`. */
const migrations = await loadMigrations(new URL('./migrations/', import.meta.url));

async function loadMigrations(folder: URL): Promise<Record<string, ReversibleMigration>> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const entries = files.sort().map(async (file) => {
    const { migration }: { migration: ReversibleMigration } = await import(
      new URL(file, folder).href
    );
    return [file.slice(0, -'.ts'.length), migration] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Applies all pending migrations in one transaction. If several processes start at once, one of them
 * migrates, and the others wait.
 * @param seed fills a new database
 * @throws the error of the migration that failed; nothing has changed
 */
export async function migrate(
  db: Db,
  seed: (db: Db) => Promise<void> = async () => {},
): Promise<void> {
  await withMigrationLock(db, async (trx) => {
    const names = await applyPlan(trx, { direction: 'up' });
    if (names.includes('0001_initial')) await seed(trx);
  });
}

/**
 * How far to migrate: up or down to a migration (down to `none`: undo all), or a number of steps.
 * By default, all up or one down.
 */
export interface MigrationPlan {
  direction: 'up' | 'down';
  to?: string | undefined;
  steps?: number | undefined;
}

/**
 * Migrates as far as the plan says, in one transaction.
 * @returns the names of the migrations that were applied or undone, in that order
 */
export async function migrateTo(db: Db, plan: MigrationPlan): Promise<string[]> {
  return withMigrationLock(db, (trx) => applyPlan(trx, plan));
}

export interface MigrationState {
  name: string;
  /** Undefined if the migration is pending. */
  appliedAt: Date | undefined;
  /** False if a newer version of the service has applied it. */
  isKnown: boolean;
}

/** Lists all migrations that this version or the database knows, by name. */
export async function listMigrations(db: Db): Promise<MigrationState[]> {
  const applied = await readApplied(db);
  const names = new Set([...Object.keys(migrations), ...applied.keys()]);
  return [...names]
    .sort()
    .map((name) => ({ name, appliedAt: applied.get(name), isKnown: name in migrations }));
}

/** @returns the names of the migrations that the plan applies or undoes, in that order */
export function planMigrations(states: MigrationState[], { direction, to, steps }: MigrationPlan) {
  const unknown = states.find(({ isKnown }) => !isKnown);
  if (unknown) {
    throw new OperatorError(
      `The database has the migration ${unknown.name}, which this version of the service does not know: a newer version has migrated it.`,
    );
  }
  const end = direction === 'down' && to === 'none' ? '' : to;
  if (end && !states.some(({ name }) => name === end)) {
    throw new OperatorError(`There is no migration ${end}.`);
  }
  const names = states
    .filter(({ appliedAt }) => (appliedAt === undefined) === (direction === 'up'))
    .map(({ name }) => name);
  if (direction === 'up') {
    return names.filter((name) => end === undefined || name <= end).slice(0, steps);
  }
  if (end !== undefined) return names.filter((name) => name > end).reverse();
  return names.reverse().slice(0, steps ?? 1);
}

/** Lists what undoing migrations would delete, each table with the number of its rows. */
export async function describeDataLoss(db: Db, names: readonly string[]): Promise<string[]> {
  const things = names.flatMap((name) => migrations[name]?.destroys ?? []);
  return Promise.all(
    things.map(async (thing) => {
      if (thing.includes('.')) return thing;
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from ${sql.table(thing)}`.execute(db);
      const count = rows[0]?.count ?? 0;
      return `${thing} (${count} ${count === 1 ? 'row' : 'rows'})`;
    }),
  );
}

/** Migrates in a transaction that holds the migration lock. */
export async function applyPlan(trx: Db, plan: MigrationPlan): Promise<string[]> {
  const names = planMigrations(await listMigrations(trx), plan);
  const last = names.at(-1);
  if (last === undefined) return [];
  const before = Object.keys(migrations)[Object.keys(migrations).indexOf(last) - 1];
  const target = plan.direction === 'up' ? last : (before ?? NO_MIGRATIONS);
  const migrator = new Migrator({ db: trx, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateTo(target);
  if (error) throw error;
  return names;
}

async function readApplied(db: Db): Promise<Map<string, Date>> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return new Map();
  const { rows } = await sql<{ name: string; timestamp: string }>`
    select name, timestamp from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db);
  return new Map(rows.map(({ name, timestamp }) => [name, new Date(timestamp)]));
}
