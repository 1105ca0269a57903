import { expect, test } from 'vitest';
import { Difference } from './difference.ts';
import type { Exchange } from './exchange.ts';
import { Report } from './report.ts';

const EXCHANGE: Exchange = {
  operation: undefined,
  template: '/',
  request: { method: 'GET', url: 'http://localhost/', headers: new Headers(), body: '' },
  response: { status: 200, headers: new Headers(), body: '\u001b[2J' },
};

function failed(title: string, what: string, found: string) {
  const error = new Difference(EXCHANGE, { what, line: 'openapi.yaml:1', found });
  const check = { group: 'listTodos', title, isDerived: true, run: async () => {} };
  return { check, outcome: 'failed', milliseconds: 1, error } as const;
}

function reportOf(...results: Parameters<Report['result']>[0][]) {
  let text = '';
  const report = new Report((part) => {
    text += part;
  });
  for (const result of results) report.result(result);
  return { text, summary: report.summary() };
}

test('control characters of a server that is checked: the report escapes them', () => {
  const { text } = reportOf(failed('200 a check', 'JSON', '\u009b2J\u202e'));
  expect(text).toContain('found     \\u009b2J\\u202e\n');
  expect(text).toContain('\\u001b[2J\n');
});

test('checks that fail for one cause: the cause once, and how many they are', () => {
  const one = failed('200 one', 'no more than two members', '3');
  const other = failed('200 other', 'a header ETag', '');
  const { text, summary } = reportOf(other, one, { ...one, check: { ...one.check, title: 'two' } });
  expect(text.match(/no more than two members/g)).toHaveLength(1);
  expect(text).toContain('  ✖ two (cause 2, see above)\n');
  expect(summary).toEqual([
    'cause 2: 2 checks fail: no more than two members (openapi.yaml:1)\n         listTodos 200 one and 1 more',
    'cause 1: 1 check fails: a header ETag (openapi.yaml:1)\n         listTodos 200 other',
  ]);
});

test('checks that were skipped for one reason: the reason once, and how many they are', () => {
  const skipped = (title: string) => ({ ...failed(title, '', ''), outcome: 'skipped' }) as const;
  const { summary } = reportOf(
    { ...skipped('a'), reason: 'no origin' },
    { ...skipped('b'), reason: 'no origin' },
  );
  expect(summary).toEqual(['2 skipped: no origin']);
});
