import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../src/auth/audit.ts';
import { refreshSession } from '../../src/auth/refresh.ts';
import { findPrincipal } from '../../src/auth/sessions.ts';
import type { Db } from '../../src/database/connect.ts';
import { migrate } from '../../src/database/migrate.ts';
import { freshDatabase, type TestDatabase } from '../engine.ts';
import { hookedDb, LIFETIMES, manualClock, seedSession, seedUser } from './setup.ts';

// A thief and the owner have copies of one refresh token and use them in every order: one after the
// other, or both at once, which the service cannot tell from two tabs.

const STEPS = process.env['ROUNDS'] ? 5 : 4;
const WHO = ['owner', 'thief', 'both'] as const;
type Who = (typeof WHO)[number];

const clock = manualClock();
let database: TestDatabase;
let db: Db;
let userId: string;
beforeAll(async () => {
  database = await freshDatabase();
  db = hookedDb(database.url, {});
  await migrate(db);
  userId = await seedUser(db, 'ada');
});
afterAll(async () => {
  await db.destroy();
  await database[Symbol.asyncDispose]();
});

function orders(steps: number): Who[][] {
  if (steps === 0) return [[]];
  return orders(steps - 1).flatMap((order) => WHO.map((who) => [...order, who]));
}

async function present(token: string): Promise<string | undefined> {
  const context = { requestId: '', address: '', userAgent: '', arrivedAt: clock.stamp() };
  const request = { token, idempotencyKey: crypto.randomUUID(), context };
  return (await refreshSession({ db, clock, lifetimes: LIFETIMES, audit }, request))?.grant
    .refreshToken;
}

async function atOnce(tokens: string[]): Promise<(string | undefined)[]> {
  clock.hold();
  const answers = Promise.all(tokens.map(present));
  await clock.held(tokens.length);
  clock.release();
  return answers;
}

test(`all ${WHO.length ** STEPS} orders: found at the first use that is no race, both out`, async () => {
  for (const order of orders(STEPS)) {
    const { id, refresh } = await seedSession(db, clock, { userId, username: 'ada' });
    const held = { owner: refresh, thief: refresh };
    let isOut = false;
    for (const [step, who] of order.entries()) {
      clock.advance(900);
      const actors = who === 'both' ? (['owner', 'thief'] as const) : [who];
      const isCurrent = held.owner === held.thief; // neither has used it without the other
      const isAhead = !isCurrent && who === ahead(order.slice(0, step));
      const answers = await atOnce(actors.map((actor) => held[actor]));
      const where = `${order.slice(0, step + 1).join(', ')}`;
      if (isOut) expect(answers, where).toEqual(actors.map(() => undefined));
      else if (isCurrent) expect(answers[0], where).toBeDefined();
      else if (isAhead) expect(answers[0], where).toBeDefined();
      else isOut = true;
      for (const [index, actor] of actors.entries()) held[actor] = answers[index] ?? held[actor];
      if (isCurrent && who === 'both') expect(held.owner, where).toBe(held.thief);
      const lives = await findPrincipal(db, id, clock.now());
      expect(lives === undefined, where).toBe(isOut);
    }
  }
});

/** Who used the token last without the other: the other one's copy is a spent one. */
function ahead(order: Who[]): Who | undefined {
  return order.findLast((who) => who !== 'both');
}
