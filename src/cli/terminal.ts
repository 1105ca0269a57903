import type { Writable } from 'node:stream';
import { escapeUnsafe } from '../escape-unsafe.ts';
import { formatTimestamp } from '../timestamp.ts';

/** The environment and the outputs of a command. */
export interface Terminal {
  environment: NodeJS.ProcessEnv;
  /** A file with more variables, read before the command if it exists. */
  envFile?: string;
  output: Writable;
  errors: Writable;
}

/** The result of a command: text for people, data for programs (`--json`). */
export interface Result {
  text: string;
  data: unknown;
}

/** Makes the action of a command, which does the work and prints its result. */
export function printResult<Args extends unknown[]>(
  { output }: Terminal,
  work: (...args: Args) => Promise<Result>,
) {
  return async (...args: [...Args, ...unknown[]]): Promise<void> => {
    const options = args.at(-2) as { json?: boolean }; // commander appends the options and the command
    const { text, data } = await work(...(args as unknown as Args));
    output.write(`${options.json ? JSON.stringify(data, undefined, 2) : text}\n`);
  };
}

/** Formats rows as an aligned table; escapes what users sent, so that it cannot control the terminal. */
export function formatTable<Row>(
  rows: Row[],
  columns: Record<string, (row: Row) => string>,
): string {
  const titles = Object.keys(columns);
  const cells = rows.map((row) => Object.values(columns).map((cell) => escapeUnsafe(cell(row))));
  const lines = [titles, ...cells];
  const widths = titles.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const pad = (line: string[]) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  return lines.map((line) => pad(line).join('  ').trimEnd()).join('\n');
}

/** Prints the progress of long work once a second, and at the start and end of each part. */
export function createProgressReporter({ errors }: Terminal, verb: string) {
  let last = { part: '', at: Number.NEGATIVE_INFINITY };
  return (part: string, amounts: string, isEnd = false): void => {
    const now = performance.now();
    if (part === last.part && !isEnd && now - last.at < 1000) return;
    last = { part, at: now };
    errors.write(`${verb}${part && ` ${part}`}: ${amounts}\n`);
  };
}

/** `1 row`, `2 rows`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Formats a timestamp for people: UTC, to the second. */
export function formatInstant(milliseconds: number): string {
  return formatTimestamp(milliseconds).slice(0, 19).replace('T', ' ');
}
