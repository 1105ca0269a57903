// The report of a run for people. Failures with one cause are one entry with their number.

import { Difference } from './difference.ts';
import { escapeUnsafe } from './printable.ts';
import type { Result } from './runner.ts';

interface Cause {
  number: number;
  text: string;
  line: string;
  checks: string[];
}

export class Report {
  readonly #causes = new Map<string, Cause>();
  readonly #skips = new Map<string, number>();
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  group(name: string): void {
    this.#write(`\n${name}\n`);
  }

  result(result: Result): void {
    const { title, group } = result.check;
    if (result.outcome === 'passed') this.#write(`  ✔ ${title}\n`);
    if (result.outcome === 'skipped') this.#skip(title, result.reason);
    if (result.outcome === 'failed') this.#fail(`${group} ${title}`, title, result.error);
  }

  #skip(title: string, reason: string): void {
    this.#skips.set(reason, (this.#skips.get(reason) ?? 0) + 1);
    this.#write(`  – ${title} (skipped: ${reason})\n`);
  }

  #fail(name: string, title: string, error: unknown): void {
    const text = error instanceof Difference ? error.cause : String(error);
    const known = this.#causes.get(text);
    if (known) {
      known.checks.push(name);
      this.#write(`  ✖ ${title} (cause ${known.number}, see above)\n`);
      return;
    }
    const number = this.#causes.size + 1;
    const line = error instanceof Difference ? error.line : '';
    this.#causes.set(text, { number, text, line, checks: [name] });
    const lines = messageOf(error).split('\n');
    const shown = lines.map((one) => `      ${escapeUnsafe(one)}\n`); // of any server
    this.#write(`  ✖ ${title} (cause ${number})\n${shown.join('')}`);
  }

  /** The causes of failures, the most frequent first, and what was skipped for which reason. */
  summary(): string[] {
    const causes = [...this.#causes.values()].sort((a, b) => b.checks.length - a.checks.length);
    const skips = [...this.#skips].map(([reason, count]) => `${count} skipped: ${reason}`);
    return [...causes.map(describeCause), ...skips];
  }
}

function describeCause({ number, text, line, checks }: Cause): string {
  const [first = '', ...others] = checks;
  const also = others.length > 0 ? ` and ${others.length} more` : '';
  const count = checks.length === 1 ? '1 check fails' : `${checks.length} checks fail`;
  const [sentence = ''] = text.split('\n');
  const place = line && ` (${line})`;
  return `cause ${number}: ${count}: ${escapeUnsafe(sentence)}${place}\n         ${escapeUnsafe(first)}${also}`;
}

function messageOf(error: unknown): string {
  if (error instanceof Difference) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
