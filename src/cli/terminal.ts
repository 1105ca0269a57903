import type { Writable } from 'node:stream';
import { escapeUnsafe } from '../escape-unsafe.ts';
import { formatTimestamp } from '../timestamp.ts';

/** Where a command reads its configuration and writes what it has to say. */
export interface Terminal {
  environment: NodeJS.ProcessEnv;
  /** Read before the command, if it exists. */
  envFile?: string;
  output: Writable;
  errors: Writable;
}

/** What a command has done: text for a person, data for a program that asks with `--json`. */
export interface Result {
  text: string;
  data: unknown;
}

/** The action of a command: does the work, then prints its result. */
export function printResult<Args extends unknown[]>(
  { output }: Terminal,
  work: (...args: Args) => Promise<Result>,
) {
  return async (...args: [...Args, ...unknown[]]): Promise<void> => {
    const options = args.at(-2) as { json?: boolean }; // commander adds the options and the command
    const { text, data } = await work(...(args as unknown as Args));
    output.write(`${options.json ? JSON.stringify(data, undefined, 2) : text}\n`);
  };
}

/** Rows as a table whose columns line up. What users sent cannot change the terminal. */
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

/** Prints how far long work is, once a second, and where a new part begins and ends. */
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

/** An instant for a person: UTC, to the second. */
export function formatInstant(milliseconds: number): string {
  return formatTimestamp(milliseconds).slice(0, 19).replace('T', ' ');
}
