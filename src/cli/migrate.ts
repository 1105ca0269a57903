import { type Command, Option } from 'commander';
import { readDatabaseLocation } from '../config.ts';
import type { Db } from '../database/connect.ts';
import {
  destroyedBy,
  type MigrationPlan,
  migrateBy,
  migrationStates,
  planned,
} from '../database/migrate.ts';
import { openDatabase, withDatabase } from './database.ts';
import { Fault, readCount } from './errors.ts';
import { instant, printing, type Result, type Terminal, table } from './terminal.ts';

const HELP = `
Migrates in one transaction: wholly or not at all, and one process at a time. The service does what
\`up\` does whenever it starts.`;

interface Distance {
  to?: string;
  steps?: number;
}

export function addMigrate(program: Command, terminal: Terminal): void {
  const migrate = program
    .command('migrate')
    .description('bring the tables to the newest form, or back, in a step of its own')
    .addHelpText('after', HELP);
  migrate
    .command('status')
    .description('list the migrations, and when each was applied')
    .action(printing(terminal, () => withDatabase(terminal, status)));
  const up = migrate.command('up').description('apply what is pending');
  distance(up, 'only so many migrations', 'only up to that migration').action(
    printing(terminal, (options: Distance) =>
      openDatabase(readDatabaseLocation(terminal.environment), (db) =>
        run(db, { direction: 'up', ...options }),
      ),
    ),
  );
  const down = migrate.command('down').description('undo the last migration');
  distance(down, 'so many migrations', 'all after that migration (none: all of them)')
    .option('--yes', 'undo it; without it, the command says what would be destroyed')
    .action(
      printing(terminal, ({ yes, ...options }: Distance & { yes?: boolean }) =>
        withDatabase(terminal, (db) => {
          const plan = { direction: 'down', ...options } as const;
          return yes ? run(db, plan) : refuse(db, plan);
        }),
      ),
    );
}

function distance(command: Command, ofSteps: string, ofTo: string): Command {
  return command
    .addOption(new Option('--to <migration>', ofTo).conflicts('steps'))
    .addOption(new Option('--steps <count>', ofSteps).argParser(readCount));
}

async function status(db: Db): Promise<Result> {
  const states = await migrationStates(db);
  const text = table(states, {
    migration: ({ name }) => name,
    applied: ({ appliedAt, isKnown }) => {
      const when = appliedAt ? instant(appliedAt.getTime()) : 'pending';
      return isKnown ? when : `${when} by a newer version`;
    },
  });
  const data = states.map(({ name, appliedAt, isKnown }) => ({
    name,
    applied_at: appliedAt?.toISOString() ?? null,
    is_known: isKnown,
  }));
  return { text, data };
}

async function run(db: Db, plan: MigrationPlan): Promise<Result> {
  const names = await migrateBy(db, plan);
  const what = plan.direction === 'up' ? 'applied' : 'undone';
  const text = names.map((name) => `${name} ${what}`).join('\n') || 'There is nothing to do.';
  return { text, data: { [what]: names } };
}

/** Says what the plan would destroy. @throws Fault unless that is nothing */
async function refuse(db: Db, plan: MigrationPlan): Promise<Result> {
  const names = planned(await migrationStates(db), plan);
  if (names.length === 0) return { text: 'There is nothing to do.', data: { undone: [] } };
  const destroyed = await destroyedBy(db, names);
  throw new Fault(
    [
      `This undoes ${names.join(', ')} and destroys, with all that is in them:`,
      ...destroyed.map((thing) => `  ${thing}`),
      'Nothing has been done. With --yes it is, and only a copy brings it back.',
    ].join('\n'),
  );
}
