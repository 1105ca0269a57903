import { ConfigError } from './config.ts';
import { explainDatabaseError } from './database/explain-error.ts';
import { OperatorError } from './operator-error.ts';

const OTHER_PORT = 'Set PORT, or METRICS_PORT, to another one';
const OWN_ADDRESS = 'Set HOST to an address of this machine, for example HOST=127.0.0.1.';
const WRITABLE_FOLDER =
  'Set DATABASE_URL to a file that can be made and written, for example sqlite:data/todos.sqlite.';

/** What to do about an error of the network, by its code; one of a file names its path. */
const NETWORK_REMEDIES: Record<string, string> = {
  EADDRINUSE: `${OTHER_PORT}.`,
  EACCES: `${OTHER_PORT} (those below 1024 are for the administrator).`,
  EADDRNOTAVAIL: OWN_ADDRESS,
  ENOTFOUND: OWN_ADDRESS,
  EAI_AGAIN: OWN_ADDRESS,
};

/** @returns what is wrong and what the operator can do; undefined for a bug: print its stack trace */
export function explainError(error: unknown): string | undefined {
  return error instanceof OperatorError ? error.message : explainDatabaseError(error);
}

/** The same for an error at start, which may also come from the configuration or the network. */
export function explainStartError(error: unknown): string | undefined {
  if (error instanceof ConfigError) return `The configuration is wrong.\n${error.message}`;
  return explainError(error) ?? explainSystemError(error);
}

function explainSystemError(error: unknown): string | undefined {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return undefined;
  const remedy = 'path' in error ? WRITABLE_FOLDER : NETWORK_REMEDIES[String(error.code)];
  return remedy && `${String(error)}\n${remedy}`;
}
