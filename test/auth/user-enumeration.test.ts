import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type * as passwords from '../../src/auth/password.ts';
import { BEHIND_PROXY, call } from '../support/http.ts';
import { startSharedService, stoppedClock, type TestService } from '../support/service.ts';
import { seedSession, seedUser } from '../support/users.ts';

// User enumeration: whatever state the budgets are in, a known name and an unknown one get the same
// answers, and the same attempts are counted. Each of the two has its own service.

const PASSWORD = 'the right password';

// What a password costs is of no interest here; how often one is verified is.
const verified = vi.hoisted(() => ({ count: 0 }));
vi.mock('../../src/auth/password.ts', async (original) => ({
  ...(await original<typeof passwords>()),
  hashPassword: async (password: string) => `hash of ${password}`,
  verifyPassword: async (password: string, hash: string | undefined) => {
    verified.count += 1;
    return hash === `hash of ${password}`;
  },
  needsRehash: () => false,
}));

const LIMITS = { ...BEHIND_PROXY, LOGIN_FREE_FAILURES: '1', LOGIN_FREE_FAILURES_PER_ADDRESS: '6' };
/** Where the owner of the known name has a session. */
const OWNERS = '192.0.2.1';

const clock = stoppedClock();
const services = [
  await startSharedService(LIMITS, { clock }),
  await startSharedService(LIMITS, { clock }),
] as const;
for (const { db } of services) {
  const ada = await seedUser(db, { username: 'ada', passwordHash: `hash of ${PASSWORD}` });
  await seedSession({ db, clock }, ada); // from OWNERS
}

async function login(service: TestService, username: string, password: string, address: string) {
  verified.count = 0;
  const answer = await call(service.url, 'POST /auth/login', {
    body: { username, password },
    headers: { 'X-Forwarded-For': address },
  });
  const headers = [...answer.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
  return { status: answer.status, text: answer.text, headers, verified: verified.count };
}

/** What is counted, whatever it is counted for. */
async function counters(service: TestService) {
  const rows = await service.db.selectFrom('rate_limits').selectAll().execute();
  const plain = rows.map(({ key, points, expire }) => [key.split(':')[0], points, expire]);
  return plain.map((row) => row.join(' ')).sort();
}

async function reset() {
  for (const service of services) await service.db.deleteFrom('rate_limits').execute();
}

/** Asks for the known name here and for the unknown one there. */
async function compare(address: string, where = '') {
  const [here, there] = services;
  const known = await login(here, 'ada', 'wrong', address);
  const unknown = await login(there, 'bob', 'wrong', address);
  expect(known, where).toEqual(unknown);
  expect(await counters(here), where).toEqual(await counters(there));
  return known;
}

/** Uses a new budget over all networks up, and the one attempt of its delay. */
async function attackFromEverywhere() {
  await reset();
  for (let n = 0; n < 21; n += 1) expect((await compare(`203.0.113.${n}`)).status).toBe(401);
  expect((await compare('203.0.113.99')).status).toBe(429);
}

describe('after the limit of a username over all networks is used up', () => {
  test("a wrong password from the owner's network gets 429, whether or not the username exists", async () => {
    await attackFromEverywhere();
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const { status } = await compare(OWNERS);
      expect(status).toBe(429);
      clock.advance(0.1);
    }
  });

  test("the right password is accepted from the owner's network only", async () => {
    await attackFromEverywhere();
    const [service] = services;
    expect((await login(service, 'ada', PASSWORD, '203.0.113.50')).status).toBe(429);
    const failures = async () =>
      (await counters(service)).filter((row) => !/-pause | 0 /.test(row)); // 0: given back
    const before = await failures();
    expect((await login(service, 'ada', PASSWORD, OWNERS)).status).toBe(200);
    expect(await failures()).toEqual(before);
  });

  test("wrong passwords from the owner's network are counted for that network", async () => {
    await attackFromEverywhere();
    for (let attempt = 0; attempt < 2; attempt += 1) await compare(OWNERS);
    for (const { db } of services) {
      const rows = db.selectFrom('rate_limits').select('points');
      const counted = rows.where('key', '=', `login-address:${OWNERS}`).execute();
      expect(await counted).toEqual([{ points: 2 }]);
    }
  });
});

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant(OWNERS) },
  { weight: 2, arbitrary: fc.constant('203.0.113.200') },
  { weight: 6, arbitrary: fc.nat(40).map((n) => `203.0.113.${n}`) },
  { weight: 2, arbitrary: fc.constantFrom(0.5, 1, 2, 4, 30, 901) },
);

test('in every state of the limits an existing and an unknown username get the same responses', async () => {
  const numRuns = process.env['ROUNDS'] ? 100 : 10;
  const steps = fc.array(step, { minLength: 40, maxLength: 120 });
  const run = fc.asyncProperty(steps, async (sequence) => {
    await reset();
    for (const [index, it] of sequence.entries()) {
      if (typeof it === 'number') clock.advance(it);
      else await compare(it, JSON.stringify(sequence.slice(0, index + 1)));
    }
  });
  await fc.assert(run, { numRuns });
}, 600_000);
