import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect } from 'vitest';
import { unportable } from './portable-sql.ts';

// Before every test file on PostgreSQL: each statement that the service sends meanwhile is held to
// what CockroachDB and YugabyteDB take, too.

/** The service's statements so far, each with what the engines are not known to take of it. */
export const statements = new Map<string, string[]>();

const SOURCE = join(import.meta.dirname, '../../src/');

/** Between a caller and the driver. */
const CARRIERS = /database\/(postgres|retry|connect)\.ts/;

const { query } = pg.Client.prototype;
if (!('isHeld' in query)) {
  const held = function (this: pg.Client, ...args: unknown[]) {
    const [text] = args;
    if (typeof text === 'string' && !statements.has(text) && isFromService()) {
      statements.set(text, unportable(text));
    }
    return Reflect.apply(query, this, args);
  };
  pg.Client.prototype.query = Object.assign(held, { isHeld: true });
}

/** Not a test's own: code of the service is waiting for it. */
function isFromService(): boolean {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 50;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack.split('\n').some((frame) => frame.includes(SOURCE) && !CARRIERS.test(frame));
}

afterAll(() => {
  const unknown = [...statements].filter(([, faults]) => faults.length > 0);
  expect(unknown, 'look it up for both engines, then see portable-sql.ts').toEqual([]);
});
