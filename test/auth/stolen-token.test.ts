import { expect, test } from 'vitest';
import { findLiveSession } from '../../src/auth/session-repository.ts';
import { migratedDatabase } from '../support/database-faults.ts';
import { stoppedClock } from '../support/service.ts';
import { seedSession, seedUser } from '../support/users.ts';
import { rotate } from './setup.ts';

// A thief and the owner have copies of one refresh token and alternate in every order and at every
// distance. Within the leeway both stay signed in: the service cannot distinguish them from two tabs.
// Outside of it the next use of a spent token ends the session.

const STEPS = process.env['ROUNDS'] ? 4 : 3;
const LEEWAY_S = 10;
const PARTIES = ['owner', 'thief'] as const;
type Party = (typeof PARTIES)[number];
/** One refresh, by a party, so many seconds after the last one. */
type Step = readonly [party: Party, after: number];
const DISTANCES_S = [0, 9, 11, 900];

function* orders(steps: number): Generator<Step[]> {
  if (steps === 0) yield [];
  else {
    for (const order of orders(steps - 1)) {
      for (const party of PARTIES) {
        for (const after of DISTANCES_S) yield [...order, [party, after]];
      }
    }
  }
}

/** The rules in a few lines: tokens are numbered by their generation. */
function createRules() {
  let current = 0;
  let spentAt = 0;
  let isEnded = false;
  return {
    /** @returns the generation of the token that the answer holds */
    use(generation: number, now: number): number | undefined {
      if (isEnded) return undefined;
      if (generation === current) {
        spentAt = now;
        current += 1;
        return current;
      }
      if (generation === current - 1 && now - spentAt < LEEWAY_S) return current;
      isEnded = true;
      return undefined;
    },
    isEnded: () => isEnded,
  };
}

const COUNT = (PARTIES.length * DISTANCES_S.length) ** STEPS;

test(`all ${COUNT} orders of refreshes by an owner and a thief end as the rules of reuse say`, async () => {
  const clock = stoppedClock();
  await using database = await migratedDatabase();
  const { db } = database;
  const ada = await seedUser(db);
  for (const order of orders(STEPS)) {
    const { id, refresh } = await seedSession({ db, clock }, ada);
    const tokens = new Map([[0, refresh]]);
    const held: Record<Party, number> = { owner: 0, thief: 0 };
    const rules = createRules();
    let now = 0;
    for (const [party, after] of order) {
      clock.advance(after);
      now += after;
      const expected = rules.use(held[party], now);
      const received = await rotate({ db, clock }, tokens.get(held[party]) ?? '', LEEWAY_S * 1000);
      const where = JSON.stringify(order);
      expect(received !== undefined, where).toBe(expected !== undefined);
      if (expected !== undefined && received !== undefined) {
        expect(received, where).toBe(tokens.get(expected) ?? received);
        tokens.set(expected, received);
        held[party] = expected;
      }
      const lives = await findLiveSession(db, id, clock.now());
      expect(lives === undefined, where).toBe(rules.isEnded());
    }
  }
});
