import { type Command, Option } from 'commander';
import { readDatabaseLocation } from '../config.ts';
import type { Db } from '../database/connect.ts';
import {
  describeDataLoss,
  listMigrations,
  type MigrationPlan,
  migrateTo,
  planMigrations,
} from '../database/migrate.ts';
import { OperatorError } from '../operator-error.ts';
import { openDatabase, withDatabase } from './database.ts';
import { parseCount } from './errors.ts';
import { formatInstant, formatTable, printResult, type Result, type Terminal } from './terminal.ts';

const HELP = `
Migrates in one transaction: wholly or not at all, and one process at a time. The service does what
\`up\` does whenever it starts.`;

interface MigrationTarget {
  to?: string;
  steps?: number;
}

export function addMigrateCommands(program: Command, terminal: Terminal): void {
  const migrate = program
    .command('migrate')
    .description('bring the tables to the newest form, or back, in a step of its own')
    .addHelpText('after', HELP);
  migrate
    .command('status')
    .description('list the migrations, and when each was applied')
    .action(printResult(terminal, () => withDatabase(terminal, showStatus)));
  const up = migrate.command('up').description('apply what is pending');
  addTargetOptions(up, 'only so many migrations', 'only up to that migration').action(
    printResult(terminal, (options: MigrationTarget) =>
      openDatabase(readDatabaseLocation(terminal.environment), (db) =>
        applyMigrations(db, { direction: 'up', ...options }),
      ),
    ),
  );
  const down = migrate.command('down').description('undo the last migration');
  addTargetOptions(down, 'so many migrations', 'all after that migration (none: all of them)')
    .option('--yes', 'undo it; without it, the command says what would be destroyed')
    .action(
      printResult(terminal, ({ yes, ...options }: MigrationTarget & { yes?: boolean }) =>
        withDatabase(terminal, (db) => {
          const plan = { direction: 'down', ...options } as const;
          return yes ? applyMigrations(db, plan) : describeUndo(db, plan);
        }),
      ),
    );
}

function addTargetOptions(command: Command, ofSteps: string, ofTo: string): Command {
  return command
    .addOption(new Option('--to <migration>', ofTo).conflicts('steps'))
    .addOption(new Option('--steps <count>', ofSteps).argParser(parseCount));
}

async function showStatus(db: Db): Promise<Result> {
  const states = await listMigrations(db);
  const text = formatTable(states, {
    migration: ({ name }) => name,
    applied: ({ appliedAt, isKnown }) => {
      const when = appliedAt ? formatInstant(appliedAt.getTime()) : 'pending';
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

async function applyMigrations(db: Db, plan: MigrationPlan): Promise<Result> {
  const names = await migrateTo(db, plan);
  const what = plan.direction === 'up' ? 'applied' : 'undone';
  const text = names.map((name) => `${name} ${what}`).join('\n') || 'There is nothing to do.';
  return { text, data: { [what]: names } };
}

/** Says what the plan would destroy. @throws Fault unless that is nothing */
async function describeUndo(db: Db, plan: MigrationPlan): Promise<Result> {
  const names = planMigrations(await listMigrations(db), plan);
  if (names.length === 0) return { text: 'There is nothing to do.', data: { undone: [] } };
  const destroyed = await describeDataLoss(db, names);
  throw new OperatorError(
    [
      `This undoes ${names.join(', ')} and destroys, with all that is in them:`,
      ...destroyed.map((thing) => `  ${thing}`),
      'Nothing has been done. With --yes it is, and only a copy brings it back.',
    ].join('\n'),
  );
}
