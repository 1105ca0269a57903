// Promise: the tables are brought to the newest form, or back, in a step of its own.
import { readDatabaseLocation } from '../src/config.ts';
import type { Db } from '../src/database/connect.ts';
import {
  destroyedBy,
  type MigrationPlan,
  migrateBy,
  migrationStates,
  planned,
} from '../src/database/migrate.ts';
import {
  expectNoPositionals,
  expectThere,
  Fault,
  instant,
  main,
  readCount,
  table,
  UsageError,
  withDatabase,
} from './operator.ts';

const HELP = `npm run migrate -- up | down | status [--to NAME | --steps N] [--yes]

Migrates the database of DATABASE_URL, in one transaction: wholly or not at all, and one process at
a time. The service does what \`up\` does whenever it starts.

  up       applies what is pending: all of it, up to NAME, or N migrations
  down     undoes the last migration, the last N, or all after NAME (none: all of them). It says
           what goes with them; with --yes it does it
  status   lists the migrations, and when each was applied (UTC)`;

const options = {
  to: { type: 'string' },
  steps: { type: 'string' },
  yes: { type: 'boolean' },
} as const;

await main(HELP, options, async ({ to, steps, yes }, [direction, ...rest]) => {
  if (direction !== 'up' && direction !== 'down' && direction !== 'status') {
    throw new UsageError(`Say up, down or status${direction ? `, not '${direction}'` : ''}`);
  }
  expectNoPositionals(rest);
  if (to !== undefined && steps !== undefined) throw new UsageError('Say --to or --steps');
  const count = steps === undefined ? undefined : readCount('steps', steps, 1);
  const distance = { to: to === undefined ? undefined : String(to), steps: count };
  const location = readDatabaseLocation(process.env);
  if (direction !== 'up') expectThere(location);
  await withDatabase(location, async (db) => {
    if (direction === 'status') return status(db);
    if (direction === 'up') return go(db, { direction, ...distance }, 'applied');
    if (yes) return go(db, { direction, ...distance }, 'undone');
    return announce(db, { direction, ...distance });
  });
});

async function status(db: Db): Promise<void> {
  const states = await migrationStates(db);
  const rows = states.map(({ name, appliedAt, isKnown }) => {
    const when = appliedAt ? instant(appliedAt.getTime()) : 'pending';
    return [name, isKnown ? when : `${when} by a newer version`];
  });
  console.log(table(['migration', 'applied'], rows));
}

async function go(db: Db, plan: MigrationPlan, what: string): Promise<void> {
  const names = await migrateBy(db, plan);
  console.log(names.map((name) => `${name} ${what}`).join('\n') || 'There is nothing to do.');
}

async function announce(db: Db, plan: MigrationPlan): Promise<void> {
  const names = planned(await migrationStates(db), plan);
  if (names.length === 0) return console.log('There is nothing to do.');
  const destroyed = await destroyedBy(db, names);
  console.log(`This undoes ${names.join(', ')} and destroys, with all that is in them:`);
  console.log(destroyed.map((thing) => `  ${thing}`).join('\n'));
  throw new Fault(
    'Nothing has been done. With --yes it is, and a copy is all that brings it back.',
  );
}
