// What the scripts share: their arguments, errors and results.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** An error that the user can correct. Its message is printed without a stack trace. */
export class UserError extends Error {}

/** The arguments are wrong. */
export class UsageError extends UserError {}

/** Runs a script's work. The exit code is 2 if the arguments are wrong, and 1 after any other error. */
export async function main(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** Like parseArgs, but prints a usage error and exits with 2. */
export const readCommandLine: typeof parseArgs = (config) => {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (!String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
    console.error(error.message);
    process.exit(2);
  }
};

/**
 * Sets the exit code 1 if a case has failed.
 * @param file gets the counts in the form of Vitest's report (the option `--results`)
 */
export function reportCounts(passed: number, failed: number, file: string | undefined): void {
  if (file) writeFileSync(file, JSON.stringify({ numPassedTests: passed, numFailedTests: failed }));
  if (failed > 0) process.exitCode = 1;
}
