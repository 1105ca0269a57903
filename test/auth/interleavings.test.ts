import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../src/auth/audit.ts';
import { refreshSession } from '../../src/auth/refresh.ts';
import { findPrincipal, revokeSessions } from '../../src/auth/sessions.ts';
import type { Db } from '../../src/database/connect.ts';
import { migrate } from '../../src/database/migrate.ts';
import { transact } from '../../src/database/transaction.ts';
import { freshDatabase, type TestDatabase } from '../engine.ts';
import { createSchedules, type Granularity, type Process, type Work } from './schedules.ts';
import { hookedDb, LIFETIMES, manualClock, seedSession, seedUser } from './setup.ts';

// Every order in which refresh, logout and revocation can run on one session, in as many processes
// on one SQLite file; each one's outcome is foretold from the order.

const clock = manualClock();
let database: TestDatabase;
let db: Db;
let schedules: ReturnType<typeof createSchedules>;
let userId: string;
beforeAll(async () => {
  database = await freshDatabase();
  db = hookedDb(database.url, {});
  await migrate(db);
  userId = await seedUser(db, 'ada');
  schedules = createSchedules(database.url, clock, 4);
});
afterAll(async () => {
  await schedules.close();
  await db.destroy();
  await database[Symbol.asyncDispose]();
});

const context = (arrivedAt: number) => ({
  requestId: 'test',
  address: '192.0.2.1',
  userAgent: 'test',
  arrivedAt,
});

type Outcome = 'same successor' | 'refused' | 'ended' | 'not signed in';

/** The session as it has to be, going by the order of events alone. */
interface Expected {
  isSpent: boolean;
  /** Whether an answer with the successor is out. */
  isOut: boolean;
  isRevoked: boolean;
}

const spentBefore = { isSpent: false, isOut: false, isRevoked: false };

async function interleave(kinds: Kind[], granularity: Granularity): Promise<number> {
  return schedules.every(granularity, async () => {
    const session = await seedSession(db, clock, { userId, username: 'ada' });
    const expected: Expected = { ...spentBefore };
    const foretold: Outcome[] = [];
    const seen: Outcome[] = [];
    const successors = new Set<string>();

    /** One request after the other: what it foretells is worked out where its commit is. */
    const refreshing = (index: number): Work['run'] => {
      return async ({ db, park, hasCommitted }: Process) => {
        const wasOut = expected.isOut;
        const answering = {
          ...clock,
          async passed(stamp: number) {
            if (!hasCommitted()) return clock.passed(stamp); // not an answer that is held back yet
            foretold[index] = expected.isRevoked
              ? 'refused'
              : expected.isSpent && wasOut
                ? 'refused'
                : 'same successor';
            if (foretold[index] === 'refused') expected.isRevoked ||= expected.isSpent;
            else expected.isSpent = true;
            await park('answer');
            await clock.passed(stamp);
          },
        };
        const granted = await refreshSession(
          { db, clock: answering, lifetimes: LIFETIMES, audit },
          {
            token: session.refresh,
            idempotencyKey: undefined,
            context: context(clock.stamp()),
          },
        );
        if (granted) {
          successors.add(granted.grant.refreshToken);
          expected.isOut = true;
        }
        seen[index] = granted ? 'same successor' : 'refused';
      };
    };
    const ending = (index: number, choice: { only?: string[] }): Work['run'] => {
      return async ({ db }: Process) => {
        const principal = await findPrincipal(db, session.id, clock.now());
        if (!principal) {
          seen[index] = 'not signed in';
          foretold[index] = expected.isRevoked ? 'not signed in' : 'ended';
          return;
        }
        await transact(db, (trx) =>
          revokeSessions(trx, { userId, ...choice }, 'logout', clock.now()),
        );
        expected.isRevoked = true;
        seen[index] = foretold[index] = 'ended';
      };
    };
    const runs = {
      refresh: refreshing,
      logout: (index: number) => ending(index, { only: [session.id] }),
      'revoke all': (index: number) => ending(index, {}),
    };
    return {
      works: kinds.map((kind, index) => ({ kind, run: runs[kind](index) })),
      async check(trace) {
        expect(seen, trace.join(', ')).toEqual(foretold);
        expect(successors.size, trace.join(', ')).toBeLessThanOrEqual(1);
        const [successor] = successors;
        const lives = await findPrincipal(db, session.id, clock.now());
        expect(lives === undefined, trace.join(', ')).toBe(expected.isRevoked);
        if (successor === undefined) return;
        const request = {
          token: successor,
          idempotencyKey: undefined,
          context: context(clock.stamp()),
        };
        const next = await refreshSession({ db, clock, lifetimes: LIFETIMES, audit }, request);
        expect(next === undefined, trace.join(', ')).toBe(expected.isRevoked);
      },
    };
  });
}

type Kind = 'refresh' | 'logout' | 'revoke all';

const PAIRS: Kind[][] = [
  ['refresh', 'refresh'],
  ['refresh', 'logout'],
  ['refresh', 'revoke all'],
  ['logout', 'revoke all'],
  ['logout', 'logout'],
];
const EVERY = Boolean(process.env['ROUNDS']);
const TRIPLES: Kind[][] = [
  ['refresh', 'refresh', 'refresh'],
  ['refresh', 'refresh', 'logout'],
  ['refresh', 'logout', 'revoke all'],
  ['logout', 'logout', 'revoke all'],
  ...(EVERY ? [['refresh', 'refresh', 'revoke all'] satisfies Kind[]] : []),
];

test.each(PAIRS)(
  '%s ∥ %s, statement by statement',
  async (...kinds) => {
    expect(await interleave(kinds, 'statements')).toBeGreaterThan(10);
  },
  600_000,
);

test.each(TRIPLES)(
  '%s ∥ %s ∥ %s, transaction by transaction',
  async (...kinds) => {
    const granularity = EVERY ? 'reads' : 'transactions';
    expect(await interleave(kinds, granularity)).toBeGreaterThan(10);
  },
  600_000,
);
