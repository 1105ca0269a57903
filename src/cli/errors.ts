import { InvalidArgumentError } from 'commander';
import { OperatorError } from '../operator-error.ts';

/** The command line is wrong; the exit code is 2. */
export class UsageError extends Error {}

/** Parses the value of an option. @throws InvalidArgumentError unless it is a positive integer */
export function parseCount(value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a positive integer.');
}

/** Removes the passwords of URLs, valid or not, from a text. */
export function redactPasswords(text: string): string {
  return text.replaceAll(/(:\/\/[^\s:/@]*):\S*@/g, '$1:…@');
}

/** Throws an error of a system call as the operator's: for example, the file cannot be written. */
export function throwAsOperatorError(error: unknown): never {
  const isSystem = error instanceof Error && 'syscall' in error;
  throw isSystem ? new OperatorError(error.message) : error;
}
