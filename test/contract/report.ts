import type { TestEvent } from 'node:test/reporters';
import { escapeUnsafe } from '../../src/printable.ts';

/** What was checked, by operation and status; with a check that failed, why. */
export async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type === 'test:start' && data.nesting === 0) yield `\n${data.name}\n`;
    if (type === 'test:pass' && data.nesting > 0) yield passed(data.name, data.skip);
    if (type === 'test:fail' && data.nesting > 0) yield failed(data.name, data.details.error);
  }
}

function passed(name: string, skip: string | boolean | undefined): string {
  return skip === undefined ? `  ✔ ${name}\n` : `  – ${name} (left out: ${skip})\n`;
}

function failed(name: string, { cause, message }: Error): string {
  const [first = '', ...more] = (cause instanceof Error ? (cause.stack ?? '') : message).split(
    '\n',
  );
  const lines = [first, ...more].map((line) => `      ${escapeUnsafe(line)}`); // of any server
  return [`  ✖ ${name}`, ...lines, ''].join('\n');
}
