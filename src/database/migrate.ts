import { readdirSync } from 'node:fs';
import { sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator, NO_MIGRATIONS } from 'kysely/migration';
import { OperatorError } from '../operator-error.ts';
import type { Db } from './connect.ts';
import { withMigrationLock } from './migration-lock.ts';

/** A migration that can be undone. */
export interface ReversibleMigration extends Required<Pick<Migration, 'up' | 'down'>> {
  /** What goes with all that it holds when it is undone: tables, or `table.column`. */
  destroys: readonly string[];
}

/** All migrations in the order of their names: the files of `migrations/`. */
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
 * Brings the tables to the newest form, in one transaction: wholly or not at all, and one process
 * at a time, however many start at once.
 * @param seed puts into a database that is new what it is to begin with
 * @throws the error of the migration that failed; it has changed nothing
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

/** How far to go: up to a migration (`none`: before the first), or so many; else all, or one down. */
export interface MigrationPlan {
  direction: 'up' | 'down';
  to?: string | undefined;
  steps?: number | undefined;
}

/**
 * Migrates as far as the plan says, in one transaction like `migrate`.
 * @returns the names of what has been applied or undone, in that order
 */
export async function migrateTo(db: Db, plan: MigrationPlan): Promise<string[]> {
  return withMigrationLock(db, (trx) => applyPlan(trx, plan));
}

export interface MigrationState {
  name: string;
  /** Undefined for one that is pending. */
  appliedAt: Date | undefined;
  /** Not so where a newer version of the service has migrated the database. */
  isKnown: boolean;
}

/** All migrations that this version or the database knows, by name; changes nothing. */
export async function listMigrations(db: Db): Promise<MigrationState[]> {
  const applied = await readApplied(db);
  const names = new Set([...Object.keys(migrations), ...applied.keys()]);
  return [...names]
    .sort()
    .map((name) => ({ name, appliedAt: applied.get(name), isKnown: name in migrations }));
}

/** What the plan comes to: the names of what it applies or undoes, in that order. */
export function planMigrations(states: MigrationState[], { direction, to, steps }: MigrationPlan) {
  const unknown = states.find(({ isKnown }) => !isKnown);
  if (unknown) {
    throw new OperatorError(
      `The database has the migration ${unknown.name}, which this version of the service does not know: a newer one has migrated it.`,
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

/** What undoing these takes away, each table with the number of its rows. */
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

/** The migrating itself, in a transaction that holds the lock. */
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
