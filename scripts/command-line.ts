import { parseArgs } from 'node:util';

/** Whether the error is one of parseArgs about the command line. Its message is for the user. */
export function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code));
}

/** Like parseArgs, but prints a usage error and exits with 2. */
export const readCommandLine: typeof parseArgs = (config) => {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    console.error(error.message);
    process.exit(2);
  }
};
