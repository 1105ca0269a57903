import { hash as argon2 } from '@node-rs/argon2';
import { describe, expect, test, vi } from 'vitest';
import { listNewestEvents } from '../../src/auth/audit-repository.ts';
import type * as passwords from '../../src/auth/password.ts';
import { hashPassword } from '../../src/auth/password.ts';
import { type Answer, BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startSharedService, stoppedClock } from '../support/service.ts';
import {
  PASSWORD,
  pairOf,
  type SeededSession,
  type SeededUser,
  seedSession,
  seedUser,
} from '../support/users.ts';

// A user lists and ends sessions, and only their own.

const checks = vi.hoisted(() => ({ hold: undefined as (() => Promise<void>) | undefined }));
vi.mock('../../src/auth/password.ts', async (original) => {
  const real = await original<typeof passwords>();
  return {
    ...real,
    async verifyPassword(...given: Parameters<typeof real.verifyPassword>) {
      const isRight = await real.verifyPassword(...given);
      await checks.hold?.();
      return isRight;
    },
  };
});

/** The next password that is checked has its verdict held back until `release`. */
function holdNextCheck() {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  checks.hold = () => {
    checks.hold = undefined;
    reached.resolve();
    return released.promise;
  };
  return { reached: reached.promise, release: () => released.resolve() };
}

const service = await startSharedService(
  { ...BEHIND_PROXY, REFRESH_GRACE_SECONDS: '0' },
  { clock: stoppedClock() },
);
const passwordHash = await hashPassword(PASSWORD);

const seed = (user: SeededUser) => seedSession(service, user);

/** A new user with three sessions, and a session of another user. */
async function setUp() {
  const ada = await seedUser(service.db, { passwordHash });
  const theirs = await seed(await seedUser(service.db));
  return { ada, here: await seed(ada), there: await seed(ada), third: await seed(ada), theirs };
}

const get = (path: string, { access }: SeededSession) =>
  call(service.url, `GET ${path}`, { access });
const end = (path: string, { access }: SeededSession) =>
  call(service.url, `DELETE ${path}`, { access });
const logout = ({ access }: SeededSession, token?: string) =>
  call(service.url, 'POST /auth/logout', {
    access,
    ...(token !== undefined && { body: { refresh_token: token } }),
  });
const change = ({ access }: SeededSession, current_password: string, new_password: string) =>
  call(service.url, 'PUT /auth/password', { access, body: { current_password, new_password } });
const login = ({ username }: SeededUser, password: string) =>
  call(service.url, 'POST /auth/login', { body: { username, password } });
const codeOf = ({ text }: Answer): unknown => JSON.parse(text).code;
const idsOf = ({ text }: Answer): string[] =>
  JSON.parse(text).map((session: { id: string }) => session.id);
const rowOf = ({ id }: SeededSession) =>
  service.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

/** Refreshes a session, which has other tokens then. */
async function refreshed(session: SeededSession, key?: string): Promise<SeededSession> {
  const pair = pairOf(await refresh(service.url, session.refresh, key));
  return { ...session, access: pair.access_token, refresh: pair.refresh_token };
}

async function expectDead(session: SeededSession) {
  const answer = await get('/auth/me', session);
  expect(answer.status).toBe(401);
  expect(JSON.parse(answer.text)).toMatchObject({
    code: 'session_ended',
    error: 'You have been logged out. Please log in again.',
  });
  expect(codeOf(await refresh(service.url, session.refresh))).toBe('invalid_refresh_token');
}

async function expectAlive(session: SeededSession) {
  expect((await get('/auth/me', session)).status).toBe(200);
}

describe('GET /auth/sessions', () => {
  test('lists each live session of the user, the most recently used first', async () => {
    const [ada, bob] = [await seedUser(service.db), await seedUser(service.db)];
    const first = await seed(ada);
    service.clock.advance(60);
    const second = await seed(ada);
    await seed(bob);
    service.clock.advance(60);
    const headers = { 'User-Agent': 'a browser', 'X-Forwarded-For': '192.0.2.7' };
    const body = { refresh_token: first.refresh };
    pairOf(await call(service.url, 'POST /auth/refresh', { headers, body }));
    const answer = await get('/auth/sessions', second);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual([
      {
        id: first.id,
        created_at: new Date(service.clock.now() - 120_000).toISOString(),
        last_used_at: new Date(service.clock.now()).toISOString(),
        address: '192.0.2.7',
        user_agent: 'a browser',
        current: false,
      },
      expect.objectContaining({ id: second.id, user_agent: 'seed', current: true }),
    ]);
  });

  test('returns at most 100 sessions', async () => {
    const { ada, here } = await setUp();
    for (let count = 3; count < 101; count += 1) await seed(ada);
    expect(idsOf(await get('/auth/sessions', here))).toHaveLength(100);
  });
});

describe('POST /auth/logout', () => {
  test('ends this session at once, and no other', async () => {
    const { here, there, theirs } = await setUp();
    const answer = await logout(here);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ message: 'You have been logged out.' });
    await expectDead(here);
    await expectAlive(there);
    await expectAlive(theirs);
  });

  test.each(['current', 'spent'])(
    'with the %s refresh token of another session of the user: both sessions end',
    async (which) => {
      const { here, there, third } = await setUp();
      const newest = which === 'spent' ? await refreshed(there) : there;
      expect((await logout(here, there.refresh)).status).toBe(200);
      await expectDead(here);
      await expectDead(newest);
      await expectAlive(third);
    },
  );

  test.each<[string, (theirs: SeededSession) => Promise<string>]>([
    ['the refresh token of another user', async ({ refresh }) => refresh],
    [
      'a spent refresh token of another user',
      async (theirs) => {
        await refreshed(theirs);
        return theirs.refresh;
      },
    ],
    ['an unknown refresh token', async () => '0'.repeat(64)],
  ])('with %s: 401, and no session ends', async (_whose, tokenOf) => {
    const { here, theirs } = await setUp();
    const answer = await logout(here, await tokenOf(theirs));
    expect(answer.status).toBe(401);
    expect(codeOf(answer)).toBe('invalid_refresh_token');
    await expectAlive(here);
    await expectAlive(theirs);
  });

  test('stores when and why the session has ended, and deletes its nonce', async () => {
    const { here } = await setUp();
    await logout(await refreshed(here));
    expect(await rowOf(here)).toMatchObject({
      revoked_at: service.clock.now(),
      revoke_reason: 'logout',
      successor_nonce: null,
    });
  });
});

type Ending = (session: SeededSession, other: SeededSession) => Promise<Answer>;

test.each<[string, Ending]>([
  ['a logout', (session) => logout(session)],
  ['the end of one', (session) => end(`/auth/sessions/${session.id}`, session)],
  ['the end of all', (session) => end('/auth/sessions', session)],
  ['a password change', (_session, other) => change(other, PASSWORD, 'another long sentence')],
])('tokens of a refresh before %s do not work after it', async (_what, finish) => {
  const { here, there } = await setUp();
  const newest = await refreshed(here, 'key');
  expect((await finish(here, there)).status).toBeLessThan(300);
  await expectDead(newest);
  expect((await refresh(service.url, here.refresh, 'key')).status).toBe(401);
});

describe('DELETE /auth/sessions/{session_id}', () => {
  test('of the same user, with the id in capital letters: 204, and the other sessions live', async () => {
    const { here, there, third } = await setUp();
    expect((await end(`/auth/sessions/${there.id.toUpperCase()}`, here)).status).toBe(204);
    await expectDead(there);
    await expectAlive(here);
    await expectAlive(third);
  });

  test('of another user, an unknown or an ended session: the same 404, and no session ends', async () => {
    const { here, there: dead, theirs } = await setUp();
    await logout(dead);
    const ids = [theirs.id, '019ab1d0-5c00-7000-8000-00000000000a', dead.id];
    const answers = [];
    for (const id of ids) answers.push(await end(`/auth/sessions/${id}`, here));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
    await expectAlive(theirs);
    await expectAlive(here);
  });
});

describe('DELETE /auth/sessions', () => {
  test('ends every session of the user and none of other users', async () => {
    const { here, there, theirs } = await setUp();
    expect((await end('/auth/sessions', here)).status).toBe(204);
    await expectDead(here);
    await expectDead(there);
    await expectAlive(theirs);
  });

  test('with keep_current: ends every session of the user but the current one', async () => {
    const { here, there, theirs } = await setUp();
    expect((await end('/auth/sessions?keep_current=true', here)).status).toBe(204);
    await expectAlive(here);
    await expectDead(there);
    await expectAlive(theirs);
  });
});

describe.each([
  ['was revoked, if only by hand', () => ({ revoked_at: service.clock.now() - 1 })],
  ['was idle for too long', () => ({ idle_expires_at: service.clock.now() })],
  ['has come to its absolute end', () => ({ absolute_expires_at: service.clock.now() })],
])('a session that %s', (_how, change) => {
  /** The session that is over, its newest tokens, and a live session of the user. */
  async function setUpOver() {
    const ada = await seedUser(service.db);
    const [over, here] = [await seed(ada), await seed(ada)];
    const newest = await refreshed(over, 'key');
    await service.db.updateTable('sessions').set(change()).where('id', '=', over.id).execute();
    return { over, newest, here, before: await rowOf(over) };
  }

  test('rejects each of its tokens, and these requests change no row', async () => {
    const { over, newest, before } = await setUpOver();
    expect((await refresh(service.url, over.refresh, 'key')).status).toBe(401);
    expect((await refresh(service.url, over.refresh)).status).toBe(401);
    await expectDead(newest);
    expect(await rowOf(over)).toEqual(before);
  });

  test('is not listed, and nothing ends it again', async () => {
    const { over, newest, here, before } = await setUpOver();
    expect(idsOf(await get('/auth/sessions', here))).toEqual([here.id]);
    expect((await end(`/auth/sessions/${over.id}`, here)).status).toBe(404);
    expect((await end('/auth/sessions?keep_current=true', here)).status).toBe(204);
    expect((await logout(here, newest.refresh)).status).toBe(200);
    expect(await rowOf(over)).toEqual(before);
  });
});

test('each refresh stores a new nonce, and a session that ends by reuse has none', async () => {
  const { here } = await setUp();
  const nonces = new Set<string | null>();
  let newest = here;
  for (let round = 0; round < 3; round += 1) {
    newest = await refreshed(newest);
    nonces.add((await rowOf(here)).successor_nonce);
  }
  const nonce = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect([...nonces]).toEqual([nonce, nonce, nonce]);
  await refresh(service.url, here.refresh);
  expect((await rowOf(here)).successor_nonce).toBeNull();
});

describe('password changes and logins', () => {
  test('a password change ends the other sessions and keeps the current one', async () => {
    const { ada, here, there, theirs } = await setUp();
    expect((await change(here, PASSWORD, 'another long sentence')).status).toBe(204);
    await expectAlive(here);
    await expectDead(there);
    await expectAlive(theirs);
    expect((await login(ada, PASSWORD)).status).toBe(401);
    pairOf(await login(ada, 'another long sentence'));
    await refreshed(here);
  });

  test('a login with the old password that is verified during a password change is rejected and audited', async () => {
    const { ada, here } = await setUp();
    const checked = holdNextCheck();
    const late = login(ada, PASSWORD);
    await checked.reached;
    expect((await change(here, PASSWORD, 'another long sentence')).status).toBe(204);
    checked.release();
    expect(codeOf(await late)).toBe('invalid_credentials');
    expect(idsOf(await get('/auth/sessions', here))).toEqual([here.id]);
    const events = await listNewestEvents(service.db, ada.userId, 10);
    const kinds = events.map(({ event }) => event).filter((event) => event !== 'session_revoked');
    expect(kinds.toSorted()).toEqual(['password_changed', 'sign_in_refused']);
  });

  test('a second password change that is verified during the first is rejected', async () => {
    const { ada, here, there } = await setUp();
    const checked = holdNextCheck();
    const late = change(there, PASSWORD, 'the late long sentence');
    await checked.reached;
    expect((await change(here, PASSWORD, 'another long sentence')).status).toBe(204);
    checked.release();
    expect(codeOf(await late)).toBe('wrong_password');
    await expectAlive(here);
    await expectDead(there);
    pairOf(await login(ada, 'another long sentence'));
  });

  /** A password hash with other parameters than today's: the next login replaces it. */
  async function outdateHash({ userId }: SeededUser) {
    const password_hash = await argon2(PASSWORD, { memoryCost: 8192, timeCost: 1 });
    const users = service.db.updateTable('users').set({ password_hash });
    await users.where('id', '=', userId).execute();
  }

  test('parallel logins that all replace an outdated hash all succeed', async () => {
    const { ada } = await setUp();
    await outdateHash(ada);
    const answers = await Promise.all(Array.from({ length: 3 }, () => login(ada, PASSWORD)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  test('a password change succeeds although a login replaces the outdated hash meanwhile', async () => {
    const { ada, here } = await setUp();
    await outdateHash(ada);
    const checked = holdNextCheck();
    const late = change(here, PASSWORD, 'another long sentence');
    await checked.reached;
    pairOf(await login(ada, PASSWORD));
    checked.release();
    expect((await late).status).toBe(204);
    pairOf(await login(ada, 'another long sentence'));
  });
});
