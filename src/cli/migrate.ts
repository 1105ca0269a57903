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
import { databaseAction, openDatabase } from './database.ts';
import { parseCount } from './errors.ts';
import { formatInstant, formatTable, printResult, type Result, type Terminal } from './terminal.ts';

const HELP = `
A migration is one transaction, and only one process migrates at a time. The service runs \`up\` at
every start.`;

interface MigrationTarget {
  to?: string;
  steps?: number;
}

export function addMigrateCommands(program: Command, terminal: Terminal): void {
  const migrate = program
    .command('migrate')
    .description('show, apply or undo migrations of the tables')
    .addHelpText('after', HELP);
  migrate
    .command('status')
    .description('list the migrations and when each was applied')
    .action(databaseAction(terminal, showStatus));
  const up = migrate.command('up').description('apply pending migrations');
  addTargetOptions(up, 'only this number of migrations', 'only up to this migration').action(
    printResult(terminal, (options: MigrationTarget) =>
      openDatabase(readDatabaseLocation(terminal.environment), (db) =>
        applyMigrations(db, { direction: 'up', ...options }),
      ),
    ),
  );
  const down = migrate.command('down').description('undo the last migration');
  addTargetOptions(down, 'this number of migrations', 'all after this migration (none: all)')
    .option('--yes', 'undo it; without this option, only list what would be deleted')
    .action(databaseAction(terminal, undoMigrations));
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

/** @throws OperatorError with a list of what would be deleted, unless it is empty, without `yes` */
async function undoMigrations(
  db: Db,
  { yes, ...options }: MigrationTarget & { yes?: boolean },
): Promise<Result> {
  const plan = { direction: 'down', ...options } as const;
  if (yes) return applyMigrations(db, plan);
  const names = planMigrations(await listMigrations(db), plan);
  if (names.length === 0) return { text: 'There is nothing to do.', data: { undone: [] } };
  const destroyed = await describeDataLoss(db, names);
  throw new OperatorError(
    [
      `This undoes ${names.join(', ')} and deletes, with all their data:`,
      ...destroyed.map((thing) => `  ${thing}`),
      'Nothing has been done. --yes does it; only a backup can bring the data back.',
    ].join('\n'),
  );
}
