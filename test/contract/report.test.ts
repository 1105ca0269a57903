import type { TestEvent } from 'node:test/reporters';
import { expect, test } from 'vitest';
import { report } from './report.ts';

async function* failedCheck(message: string): AsyncGenerator<TestEvent> {
  const error = Object.assign(new Error(message), { cause: undefined });
  const details = { duration_ms: 1, error, type: 'test' as const };
  const data = { name: 'a check', nesting: 1, testNumber: 1, details };
  yield { type: 'test:fail', data: { ...data, testId: 1 } } as TestEvent; // what the report reads of it
}

test('control characters of a server that is checked: the report escapes them', async () => {
  let text = '';
  for await (const part of report(failedCheck('found  \u009b2J\u202e\nreceived  \u001b[2J'))) {
    text += part;
  }
  expect(text).toBe('  ✖ a check\n      found  \\u009b2J\\u202e\n      received  \\u001b[2J\n');
});
