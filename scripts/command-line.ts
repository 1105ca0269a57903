import { parseArgs } from 'node:util';

/** Whether parseArgs has refused a command line; its message says what is wrong. */
export function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code));
}

/** parseArgs, but a wrong command line ends the process with 2, after saying what is wrong. */
export const readCommandLine: typeof parseArgs = (config) => {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    console.error(error.message);
    process.exit(2);
  }
};
