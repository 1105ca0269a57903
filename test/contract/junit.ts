// The results as JUnit's XML, a `testsuite` for each operation.
import { Difference } from './difference.ts';
import { count, type Result } from './runner.ts';

export function junit(results: Result[]): string {
  const groups = Map.groupBy(results, ({ check }) => check.group);
  const suites = [...groups].map(([name, members]) => suiteOf(name, members));
  return `<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`;
}

function suiteOf(name: string, results: Result[]): string {
  const { failed, skipped } = count(results);
  const attributes = {
    name,
    tests: results.length,
    failures: failed,
    skipped,
    time: seconds(results.reduce((sum, { milliseconds }) => sum + milliseconds, 0)),
  };
  return `  <testsuite${text(attributes)}>\n${results.map(caseOf).join('')}  </testsuite>\n`;
}

function caseOf(result: Result): string {
  const { title, group } = result.check;
  const attributes = { name: title, classname: group, time: seconds(result.milliseconds) };
  return `    <testcase${text(attributes)}>${contentOf(result)}</testcase>\n`;
}

function contentOf(result: Result): string {
  if (result.outcome === 'skipped') return `<skipped${text({ message: result.reason })}/>`;
  if (result.outcome === 'passed') return '';
  const { error } = result;
  const message = error instanceof Difference ? error.cause : String(error);
  return `<failure${text({ message })}>${escapeXml(String(error))}</failure>`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function text(attributes: Record<string, string | number>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

/** Characters that XML does not allow, and those that it reserves. */
const SPECIAL = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[&<>"]/gu;

function escapeXml(value: string): string {
  return value.replaceAll(SPECIAL, (character) => {
    if ('&<>"'.includes(character)) return `&#${character.codePointAt(0)};`;
    return '\ufffd';
  });
}
