import { CommanderError, InvalidArgumentError } from 'commander';
import { explainError } from '../explain-error.ts';
import { OperatorError } from '../operator-error.ts';

/** The command line is wrong. The command ends with 2. */
export class UsageError extends Error {}

export const SEE_HELP = '--help lists what the command takes.';

/** @returns what is wrong, for a person; undefined for a bug, whose stack trace is of use */
export function explainCommandError(error: unknown): string | undefined {
  if (error instanceof UsageError) return `${error.message}\n\n${SEE_HELP}`;
  return explainError(error);
}

/** Whether commander has refused the command line, or has printed what it was asked for. */
export function isCommandLineError(error: unknown): error is CommanderError {
  return error instanceof CommanderError;
}

/** Reads the value of an option. @throws InvalidArgumentError unless it is a whole number from 1 */
export function parseCount(value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

/** Removes the password of every URL in a text, however the URL is spelt. */
export function redactPasswords(text: string): string {
  return text.replaceAll(/(:\/\/[^\s:/@]*):\S*@/g, '$1:…@');
}

/** A system call has failed because of what the operator asked for: a file that cannot be written. */
export function throwAsOperatorError(error: unknown): never {
  const isSystem = error instanceof Error && 'syscall' in error;
  throw isSystem ? new OperatorError(error.message) : error;
}
