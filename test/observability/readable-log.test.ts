import { expect, test } from 'vitest';
import { createLogger } from '../../src/observability/logger.ts';
import { createReadableLog } from '../../src/observability/readable-log.ts';

function logTo(lines: string[]) {
  return createLogger('info', createReadableLog({ write: (text) => lines.push(text) }));
}

test('a log on a terminal: a request is one short line', () => {
  const lines: string[] = [];
  const request = { method: 'GET', path: '/todos', status: 200, duration_ms: 3, user_id: 'u' };
  logTo(lines).info(request, 'request');
  expect(lines).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d info {2}GET \/todos 200 3 ms\n$/)]);
});

test('a log on a terminal: any other line has its members, and an error its stack trace', () => {
  const lines: string[] = [];
  const logger = logTo(lines);
  logger.warn({ file: 'a\u202eb', password: 'hunter2' }, 'careful');
  logger.error({ err: new Error('broken') }, 'failed');
  expect(lines[0]).toMatch(/ warn {2}careful file="a\\u202eb" password="\[redacted\]"\n$/);
  expect(lines[1]).toMatch(/ error failed\nError: broken\n {4}at /);
});
