import cluster from 'node:cluster';
import { Command, CommanderError } from 'commander';
import { findMisspeltVariables, loadEnvFile } from '../environment.ts';
import { escapeUnsafeLines } from '../escape-unsafe.ts';
import { explainError } from '../explain-error.ts';
import { addAuditCommand } from './audit.ts';
import { addBackupCommand } from './backup.ts';
import { addCopyCommand } from './copy.ts';
import { redactPasswords, UsageError } from './errors.ts';
import { addExportCommand } from './export.ts';
import { addKeysCommand } from './keys.ts';
import { addMigrateCommands } from './migrate.ts';
import { addSessionsCommands } from './sessions.ts';
import { addStartCommand } from './start.ts';
import type { Terminal } from './terminal.ts';
import { addUsersCommands } from './users.ts';

const SEE_HELP = '--help lists the arguments and options.';

/**
 * Runs one command of the operator.
 * @returns the exit code: 0; 1 if the command failed; 2 if the command line is wrong
 */
export async function runCommandLine(args: string[], terminal: Terminal): Promise<number> {
  const printError = (text: string) =>
    terminal.errors.write(escapeUnsafeLines(redactPasswords(text)));
  try {
    await createProgram(terminal, printError).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed why it rejects the command line, or has printed the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const isUsageError = error instanceof UsageError;
    const explanation = isUsageError ? `${error.message}\n\n${SEE_HELP}` : explainError(error);
    const stack = error instanceof Error ? error.stack : undefined;
    printError(`${explanation ?? stack ?? error}\n`);
    return isUsageError ? 2 : 1;
  }
}

function createProgram(terminal: Terminal, printError: (text: string) => void): Command {
  const program = new Command('todos')
    .description('Runs the service and manages its users and its database.')
    .exitOverride()
    .helpCommand(false)
    .showHelpAfterError(`\n${SEE_HELP}`)
    .configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: printError,
      outputError: (text, write) => write(text.replace(/^error: /, '')),
    })
    .addHelpText('after', ENVIRONMENT_HELP)
    .hook('preAction', () => readEnvironment(terminal));
  addStartCommand(program);
  addUsersCommands(program, terminal);
  addSessionsCommands(program, terminal);
  addAuditCommand(program, terminal);
  addExportCommand(program, terminal);
  addKeysCommand(program, terminal);
  addMigrateCommands(program, terminal);
  addBackupCommand(program, terminal);
  addCopyCommand(program, terminal);
  for (const command of program.commands) addCommonOptions(command);
  return program;
}

const ENVIRONMENT_HELP = `
Like the service, the commands use the database of DATABASE_URL, from the environment or from a file
.env in the current folder. Times in tables are UTC. Progress and errors go to standard error. The exit
code is 0; 1 if the command failed; 2 if the command line is wrong.`;

function addCommonOptions(command: Command): void {
  const { commands } = command;
  if (commands.length > 0)
    command.helpCommand(false); // `--help` is enough
  else if (command.name() !== 'start') command.option('--json', 'print JSON instead of text');
  for (const child of commands) addCommonOptions(child);
}

function readEnvironment({ environment, envFile, errors }: Terminal): void {
  if (envFile !== undefined) loadEnvFile(environment, envFile);
  if (!cluster.isPrimary) return;
  for (const warning of findMisspeltVariables(environment)) errors.write(`${warning}\n`);
}
