// Compares what a command printed with what a page shows: `…` stands for any text, and a line with
// nothing but `…` for any lines. JSON has the same members and values; items of an array are like the first.

/** @returns how they differ; undefined where they do not */
export function differenceOf(shown: string, printed: string): string | undefined {
  const [expected, found] = [shown.trim(), printed.trim()];
  const [json, actual] = [parse(expected), parse(found)];
  if (json !== undefined && actual !== undefined) return differenceOfJson(json, actual, '');
  return compareLines(expected.split('\n'), found.split('\n'));
}

function parse(text: string): unknown {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function differenceOfJson(expected: unknown, found: unknown, at: string): string | undefined {
  const differs = `${at || 'the value'} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`;
  if (typeof expected === 'string' && typeof found === 'string') {
    return pattern(expected).test(found) ? undefined : differs;
  }
  if (Array.isArray(expected) && Array.isArray(found)) {
    if ((expected.length === 0) !== (found.length === 0)) return differs;
    for (const [index, item] of found.entries()) {
      const like: unknown = expected[Math.min(index, expected.length - 1)];
      const difference = differenceOfJson(like, item, `${at}/${index}`);
      if (difference) return difference;
    }
    return undefined;
  }
  if (isObject(expected) && isObject(found)) {
    const names = (value: object) => Object.keys(value).toSorted().join(', ');
    if (names(expected) !== names(found)) {
      return `${at || 'the value'} has ${names(found)}, not ${names(expected)}`;
    }
    for (const [name, value] of Object.entries(expected)) {
      const difference = differenceOfJson(value, found[name], `${at}/${name}`);
      if (difference) return difference;
    }
    return undefined;
  }
  return expected === found ? undefined : differs;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
  const [json, actual] = [parse(first), parse(line)];
  const isSame =
    json !== undefined && actual !== undefined
      ? !differenceOfJson(json, actual, '')
      : pattern(first.trimEnd()).test(line.trimEnd());
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
