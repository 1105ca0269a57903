// Compares what a command printed with what a page shows: `…` stands for any text, and a line with
// nothing but `…` for any lines. JSON has the same members and values; more items than are shown are
// like the last one.
import { expect } from 'vitest';

/** @throws Error that begins with the place and says how they differ */
export function expectShown(printed: string, shown: string, place: string): void {
  const [expected, found] = [shown.trim(), printed.trim()];
  const [json, actual] = [parse(expected), parse(found)];
  if (json !== undefined && actual !== undefined) {
    expect(actual, `${place}\n  printed ${found}`).toEqual(like(json, actual));
    return;
  }
  const difference = compareLines(expected.split('\n'), found.split('\n'));
  if (difference) throw new Error(`${place}\n  ${difference}\n\nAll that it printed:\n${found}`);
}

function parse(text: string): unknown {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a value must equal; an array has as many items as were found, like the shown ones. */
function like(shown: unknown, found: unknown): unknown {
  if (typeof shown === 'string') return expect.stringMatching(pattern(shown));
  if (Array.isArray(shown)) {
    if (!Array.isArray(found) || found.length === 0) return shown;
    return found.map((item, index) => like(shown[Math.min(index, shown.length - 1)], item));
  }
  if (typeof shown !== 'object' || shown === null) return shown;
  const values = new Map(Object.entries(found ?? {}));
  return Object.fromEntries(
    Object.entries(shown).map(([name, value]) => [name, like(value, values.get(name))]),
  );
}

function compareLines(expected: string[], found: string[]): string | undefined {
  const [first, ...rest] = expected;
  if (first === undefined) return found.length ? `it printed more: ${found[0]}` : undefined;
  if (first.trim() === '…') {
    const isAny = found.some((_, index) => !compareLines(rest, found.slice(index)));
    return isAny || rest.length === 0 ? undefined : `it did not print: ${rest[0]}`;
  }
  const line = found[0];
  if (line === undefined) return `it did not print: ${first}`;
  const isSame = pattern(first.trimEnd()).test(line.trimEnd());
  return isSame ? compareLines(rest, found.slice(1)) : `it printed: ${line}\n  and not: ${first}`;
}

/** Spaces are alike in any number, since columns are as wide as what is in them. */
function pattern(text: string): RegExp {
  const source = text
    .split('…')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(/ +/g, '\\s+'))
    .join('[^]*');
  return new RegExp(`^${source}$`);
}
