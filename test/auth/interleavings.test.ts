import { describe, expect, test } from 'vitest';
import { findLiveSession, revokeSessions } from '../../src/auth/session-repository.ts';
import { transact } from '../../src/database/transaction.ts';
import { migratedDatabase } from '../support/database-faults.ts';
import { disposeAfterAll, stoppedClock } from '../support/service.ts';
import { seedSession, seedUser } from '../support/users.ts';
import { createSchedules, type Granularity, type Process, type Work } from './schedules.ts';
import { rotate } from './setup.ts';

// Every order in which refresh, logout and revocation can run on one session, each in a process of
// its own on one database. The order of the commits decides what each of them must see.

const clock = stoppedClock();
const { db, url } = disposeAfterAll(await migratedDatabase());
const ada = await seedUser(db);
const schedules = disposeAfterAll(createSchedules(url));

type Outcome = 'successor' | 'rejected' | 'ended' | 'not signed in';

/** Runs every schedule; the order of the commits alone says what each process must see. */
async function interleave(
  kinds: Kind[],
  granularity: Granularity,
  reuseLeeway: number,
): Promise<number> {
  return schedules.every(granularity, async () => {
    const session = await seedSession({ db, clock }, ada);
    const state = { isSpent: false, isRevoked: false };
    const expected: Outcome[] = [];
    const seen: Outcome[] = [];
    const successors = new Set<string>();

    const refreshing = (index: number): Work['run'] => {
      return async (process: Process) => {
        process.onCommit(() => {
          const isAllowed = !state.isRevoked && (!state.isSpent || reuseLeeway > 0);
          expected[index] = isAllowed ? 'successor' : 'rejected';
          state.isRevoked ||= !isAllowed;
          state.isSpent = true;
        });
        const successor = await rotate({ db: process.db, clock }, session.refresh, reuseLeeway);
        if (successor !== undefined) successors.add(successor);
        seen[index] = successor === undefined ? 'rejected' : 'successor';
      };
    };
    const ending = (index: number, choice: { only?: string[] }): Work['run'] => {
      return async ({ db, onCommit }: Process) => {
        const principal = await findLiveSession(db, session.id, clock.now());
        if (!principal) {
          seen[index] = 'not signed in';
          expected[index] = state.isRevoked ? 'not signed in' : 'ended';
          return;
        }
        onCommit(() => {
          state.isRevoked = true;
        });
        await transact(db, (trx) =>
          revokeSessions(trx, { userId: ada.userId, ...choice }, 'logout', clock.now()),
        );
        seen[index] = expected[index] = 'ended';
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
        const where = trace.join(', ');
        expect(seen, where).toEqual(expected);
        expect(successors.size, where).toBeLessThanOrEqual(1);
        const lives = await findLiveSession(db, session.id, clock.now());
        expect(lives === undefined, where).toBe(state.isRevoked);
        const [successor] = successors;
        if (successor === undefined) return;
        const next = await rotate({ db, clock }, successor, reuseLeeway);
        expect(next === undefined, where).toBe(state.isRevoked);
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

describe.each([0, 10_000])('reuse leeway of %i ms', (reuseLeeway) => {
  test.each(PAIRS)(
    '%s and %s at once: the session rules hold in every order of their statements',
    async (...kinds) => {
      expect(await interleave(kinds, 'statements', reuseLeeway)).toBeGreaterThan(5);
    },
    600_000,
  );

  test.each(TRIPLES)(
    '%s, %s and %s at once: the session rules hold in every order of their transactions',
    async (...kinds) => {
      const granularity = EVERY ? 'reads' : 'transactions';
      expect(await interleave(kinds, granularity, reuseLeeway)).toBeGreaterThan(5);
    },
    600_000,
  );
});
