import { hash as argon2 } from '@node-rs/argon2';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { listNewestEvents } from '../../src/auth/audit-repository.ts';
import type * as passwords from '../../src/auth/password.ts';
import { hashPassword } from '../../src/auth/password.ts';
import { type Answer, BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startSharedService, stoppedClock } from '../support/service.ts';
import { pairOf, seedSession, seedUser } from '../support/users.ts';

// A user lists and ends sessions, and only their own.

const PASSWORD = 'correct horse battery staple';

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

const app = await startSharedService(
  { ...BEHIND_PROXY, REFRESH_GRACE_SECONDS: '0' },
  { clock: stoppedClock() },
);
let ada: { userId: string; username: string };
let bob: { userId: string; username: string };
let users = 0;
beforeEach(async () => {
  users += 1;
  const [one, two] = [`ada${users}`, `bob${users}`];
  ada = { userId: await seedUser(app.db, one), username: one };
  bob = { userId: await seedUser(app.db, two), username: two };
});

type Session = Awaited<ReturnType<typeof seed>>;
const seed = (user = ada) => seedSession(app.db, app.clock, user);
const get = (path: string, { access }: Session) => call(app.url, `GET ${path}`, { access });
const end = (path: string, { access }: Session) => call(app.url, `DELETE ${path}`, { access });
const logout = ({ access }: Session, token?: string) =>
  call(app.url, 'POST /auth/logout', {
    access,
    ...(token !== undefined && { body: { refresh_token: token } }),
  });
const codeOf = ({ text }: Answer): unknown => JSON.parse(text).code;
const idsOf = ({ text }: Answer): string[] =>
  JSON.parse(text).map((session: { id: string }) => session.id);

async function expectDead(session: Session) {
  const answer = await get('/auth/me', session);
  expect(answer.status).toBe(401);
  expect(JSON.parse(answer.text)).toMatchObject({
    code: 'session_ended',
    error: 'You have been logged out. Please log in again.',
  });
  expect(codeOf(await refresh(app.url, session.refresh))).toBe('invalid_refresh_token');
}

/** Without using its refresh token up. */
async function expectAlive(session: Session) {
  expect((await get('/auth/me', session)).status).toBe(200);
  const row = await app.db
    .selectFrom('sessions')
    .select(['revoked_at', 'spent_hash'])
    .where('id', '=', session.id)
    .executeTakeFirst();
  expect(row).toEqual({ revoked_at: null, spent_hash: null });
}

describe('GET /auth/sessions', () => {
  test('lists each live session of the user, the most recently used first', async () => {
    const first = await seed();
    app.clock.advance(60);
    const second = await seed();
    await seed(bob);
    app.clock.advance(60);
    const headers = { 'User-Agent': 'a browser', 'X-Forwarded-For': '192.0.2.7' };
    const body = { refresh_token: first.refresh };
    pairOf(await call(app.url, 'POST /auth/refresh', { headers, body }));
    const answer = await get('/auth/sessions', second);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual([
      {
        id: first.id,
        created_at: new Date(app.clock.now() - 120_000).toISOString(),
        last_used_at: new Date(app.clock.now()).toISOString(),
        address: '192.0.2.7',
        user_agent: 'a browser',
        current: false,
      },
      expect.objectContaining({ id: second.id, user_agent: 'seed', current: true }),
    ]);
  });

  test('omits sessions that have ended, whatever the reason', async () => {
    const idle = await seed();
    app.clock.advance(20 * 86_400);
    const reused = await seed();
    const out = await seed();
    const here = await seed();
    await refresh(app.url, reused.refresh);
    await refresh(app.url, reused.refresh);
    await logout(out);
    app.clock.advance(10 * 86_400);
    const access = pairOf(await refresh(app.url, here.refresh)).access_token;
    expect(idsOf(await get('/auth/sessions', { ...here, access }))).toEqual([here.id]);
    expect((await get('/auth/me', idle)).status).toBe(401);
  });

  test('returns at most 100 sessions', async () => {
    const sessions = await Promise.all(Array.from({ length: 101 }, () => seed()));
    expect(idsOf(await get('/auth/sessions', sessions[0] ?? (await seed())))).toHaveLength(100);
  });
});

describe('POST /auth/logout', () => {
  test('ends this session at once, and no other', async () => {
    const [here, there, theirs] = [await seed(), await seed(), await seed(bob)];
    const answer = await logout(here);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ message: 'You have been logged out.' });
    await expectDead(here);
    await expectAlive(there);
    await expectAlive(theirs);
  });

  test("with the session's own refresh token, current or spent: 200, and the session ends", async () => {
    const [one, two] = [await seed(), await seed()];
    expect((await logout(one, one.refresh)).status).toBe(200);
    await expectDead(one);
    const { refresh_token } = pairOf(await refresh(app.url, two.refresh));
    expect((await logout(two, two.refresh)).status).toBe(200);
    await expectDead({ ...two, refresh: refresh_token });
  });

  test('with the refresh token of another session of the user: both sessions end', async () => {
    const [here, there, third] = [await seed(), await seed(), await seed()];
    const { refresh_token } = pairOf(await refresh(app.url, there.refresh));
    expect((await logout(here, there.refresh)).status).toBe(200);
    await expectDead(here);
    await expectDead({ ...there, refresh: refresh_token });
    await expectAlive(third);
  });

  test.each([
    ['another user', async () => (await seed(bob)).refresh],
    ['nobody', async () => '0'.repeat(64)],
  ])('with the refresh token of %s: 401, and no session ends', async (_whose, token) => {
    const [here, theirs] = [await seed(), await seed(bob)];
    const answer = await logout(here, await token());
    expect(answer.status).toBe(401);
    expect(codeOf(answer)).toBe('invalid_refresh_token');
    await expectAlive(here);
    await expectAlive(theirs);
  });

  test('with a spent refresh token of another user: 401, and no session ends', async () => {
    const [here, theirs] = [await seed(), await seed(bob)];
    const pair = pairOf(await refresh(app.url, theirs.refresh));
    expect((await logout(here, theirs.refresh)).status).toBe(401);
    await expectAlive(here);
    pairOf(await refresh(app.url, pair.refresh_token));
  });

  test('twice: the second is answered with 401 session_ended', async () => {
    const here = await seed();
    expect((await logout(here)).status).toBe(200);
    expect(codeOf(await logout(here))).toBe('session_ended');
  });

  test('twice at once: each is answered with 200 or 401, never with 500', async () => {
    const here = await seed();
    const answers = await Promise.all([logout(here), logout(here, here.refresh), logout(here)]);
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    for (const { status } of answers) expect([200, 401]).toContain(status);
    await expectDead(here);
  });

  test('writes an audit event with the reason', async () => {
    const here = await seed();
    await refresh(app.url, here.refresh);
    await logout(here);
    const row = await app.db
      .selectFrom('sessions')
      .select(['revoked_at', 'revoke_reason', 'successor_nonce'])
      .where('id', '=', here.id)
      .executeTakeFirst();
    expect(row).toEqual({
      revoked_at: app.clock.now(),
      revoke_reason: 'logout',
      successor_nonce: null,
    });
    const events = app.db
      .selectFrom('audit_events')
      .select(['event', 'user_id'])
      .where('session_id', '=', here.id)
      .where('event', '=', 'session_revoked');
    expect(await events.execute()).toEqual([{ event: 'session_revoked', user_id: ada.userId }]);
  });
});

test.each<[string, (session: Session) => Promise<Answer>]>([
  ['a logout', (session) => logout(session)],
  ['the end of one', (session) => end(`/auth/sessions/${session.id}`, session)],
  ['the end of all', (session) => end('/auth/sessions', session)],
])(
  'tokens of a refresh that was committed before %s do not work after it',
  async (_what, finish) => {
    const here = await seed();
    const pair = pairOf(await refresh(app.url, here.refresh, 'key'));
    expect((await finish(here)).status).toBeLessThan(300);
    await expectDead({ id: here.id, access: pair.access_token, refresh: pair.refresh_token });
    expect((await refresh(app.url, here.refresh, 'key')).status).toBe(401);
  },
);

describe('DELETE /auth/sessions/{session_id}', () => {
  test('of the same user: 204, and the other sessions live', async () => {
    const [here, there, third] = [await seed(), await seed(), await seed()];
    expect((await end(`/auth/sessions/${there.id}`, here)).status).toBe(204);
    await expectDead(there);
    await expectAlive(here);
    await expectAlive(third);
  });

  test('of the current session: 204, and the session has ended', async () => {
    const here = await seed();
    expect((await end(`/auth/sessions/${here.id}`, here)).status).toBe(204);
    await expectDead(here);
  });

  test('accepts the id in capital letters', async () => {
    const [here, there] = [await seed(), await seed()];
    expect((await end(`/auth/sessions/${there.id.toUpperCase()}`, here)).status).toBe(204);
    await expectDead(there);
  });

  test('of another user, an unknown or an ended session: the same 404, and no session ends', async () => {
    const [here, theirs, dead] = [await seed(), await seed(bob), await seed()];
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
    const [here, there, theirs] = [await seed(), await seed(), await seed(bob)];
    expect((await end('/auth/sessions', here)).status).toBe(204);
    await expectDead(here);
    await expectDead(there);
    await expectAlive(theirs);
  });

  test('with keep_current: ends every session of the user but the current one', async () => {
    const [here, there, theirs] = [await seed(), await seed(), await seed(bob)];
    expect((await end('/auth/sessions?keep_current=true', here)).status).toBe(204);
    await expectAlive(here);
    await expectDead(there);
    await expectAlive(theirs);
  });

  test('keeps the time of an earlier revocation', async () => {
    const [here, reused] = [await seed(), await seed()];
    await refresh(app.url, reused.refresh);
    await refresh(app.url, reused.refresh);
    const row = () =>
      app.db.selectFrom('sessions').selectAll().where('id', '=', reused.id).execute();
    const before = await row();
    app.clock.advance(1);
    await end('/auth/sessions', here);
    expect(await row()).toEqual(before);
    expect(before).toMatchObject([{ revoke_reason: 'reuse' }]);
  });
});

describe.each([
  ['was revoked, if only by hand', () => ({ revoked_at: app.clock.now() - 1 })],
  ['was idle for too long', () => ({ idle_expires_at: app.clock.now() })],
  ['has come to its absolute end', () => ({ absolute_expires_at: app.clock.now() })],
])('a session that %s', (_how, change) => {
  let over: Session;
  let successor: string;
  const row = () => app.db.selectFrom('sessions').selectAll().where('id', '=', over.id).execute();
  beforeEach(async () => {
    over = await seed();
    ({ refresh_token: successor } = pairOf(await refresh(app.url, over.refresh, 'key')));
    await app.db.updateTable('sessions').set(change()).where('id', '=', over.id).execute();
  });

  test('rejects each of its tokens, and these requests change no row', async () => {
    const before = await row();
    await expectDead({ ...over, refresh: successor });
    expect((await refresh(app.url, over.refresh, 'key')).status).toBe(401);
    expect((await refresh(app.url, over.refresh)).status).toBe(401);
    expect(await row()).toEqual(before);
  });

  test('rejects a retry with its Idempotency-Key', async () => {
    const before = await row();
    expect((await refresh(app.url, over.refresh, 'key')).status).toBe(401);
    expect(await row()).toEqual(before);
  });

  test('is not listed, and ending it again is answered with 404', async () => {
    const here = await seed();
    const before = await row();
    expect(idsOf(await get('/auth/sessions', here))).toEqual([here.id]);
    expect((await end(`/auth/sessions/${over.id}`, here)).status).toBe(404);
    expect((await logout(here, successor)).status).toBe(200);
    expect(await row()).toEqual(before);
  });
});

test('each refresh stores a new nonce, and an ended session has none', async () => {
  const nonces = new Set<string | null | undefined>();
  const here = await seed();
  const nonceOf = async () =>
    (
      await app.db
        .selectFrom('sessions')
        .select('successor_nonce')
        .where('id', '=', here.id)
        .executeTakeFirst()
    )?.successor_nonce;
  let token = here.refresh;
  for (let round = 0; round < 3; round += 1) {
    ({ refresh_token: token } = pairOf(await refresh(app.url, token)));
    nonces.add(await nonceOf());
  }
  expect([...nonces]).toEqual(
    Array.from({ length: 3 }, () => expect.stringMatching(/^[0-9a-f]{64}$/)),
  );
  await refresh(app.url, here.refresh);
  expect(await nonceOf()).toBeNull();
});

describe('password changes and logins', () => {
  let here: Session;
  const change = (session: Session, current: string, next: string) =>
    call(app.url, 'PUT /auth/password', {
      access: session.access,
      body: { current_password: current, new_password: next },
    });
  const login = (password: string) =>
    call(app.url, 'POST /auth/login', { body: { username: ada.username, password } });
  beforeEach(async () => {
    const hash = await hashPassword(PASSWORD);
    await app.db
      .updateTable('users')
      .set({ password_hash: hash })
      .where('id', '=', ada.userId)
      .execute();
    here = await seed();
  });

  test('a password change ends the other sessions and keeps the current one', async () => {
    const [there, theirs] = [await seed(), await seed(bob)];
    expect((await change(here, PASSWORD, 'another long sentence')).status).toBe(204);
    await expectAlive(here);
    await expectDead(there);
    await expectAlive(theirs);
    expect((await login(PASSWORD)).status).toBe(401);
    pairOf(await login('another long sentence'));
    pairOf(await refresh(app.url, here.refresh));
  });

  test('a password change with a wrong current password: 403, and no row changes', async () => {
    const there = await seed();
    const answer = await change(here, 'not the password', 'another long sentence');
    expect([answer.status, codeOf(answer)]).toEqual([403, 'wrong_password']);
    await expectAlive(here);
    await expectAlive(there);
    pairOf(await login(PASSWORD));
  });

  test('a login with the old password that is verified during a password change is rejected and audited', async () => {
    const checked = holdNextCheck();
    const late = login(PASSWORD);
    await checked.reached;
    expect((await change(here, PASSWORD, 'another long sentence')).status).toBe(204);
    checked.release();
    expect(codeOf(await late)).toBe('invalid_credentials');
    expect(idsOf(await get('/auth/sessions', here))).toEqual([here.id]);
    const events = (await listNewestEvents(app.db, ada.userId, 10)).map(({ event }) => event);
    expect(events.toSorted()).toEqual(['password_changed', 'sign_in_refused']);
  });

  test('a second password change that is verified during the first is rejected', async () => {
    const there = await seed();
    const checked = holdNextCheck();
    const late = change(there, PASSWORD, 'the late long sentence');
    await checked.reached;
    expect((await change(here, PASSWORD, 'another long sentence')).status).toBe(204);
    checked.release();
    expect(codeOf(await late)).toBe('wrong_password');
    await expectAlive(here);
    await expectDead(there);
    pairOf(await login('another long sentence'));
  });

  test('tokens of a refresh that was committed before a password change do not work after it', async () => {
    const there = await seed();
    const pair = pairOf(await refresh(app.url, there.refresh));
    expect((await change(here, PASSWORD, 'another long sentence')).status).toBe(204);
    await expectDead({ id: there.id, access: pair.access_token, refresh: pair.refresh_token });
  });

  /** The password with other parameters than today's: the next login replaces the hash. */
  async function outdateHash() {
    const hash = await argon2(PASSWORD, { memoryCost: 8192, timeCost: 1 });
    await app.db
      .updateTable('users')
      .set({ password_hash: hash })
      .where('id', '=', ada.userId)
      .execute();
  }

  test('parallel logins that all replace an outdated hash all succeed', async () => {
    await outdateHash();
    const answers = await Promise.all([login(PASSWORD), login(PASSWORD), login(PASSWORD)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  test('a password change succeeds although a login replaces the outdated hash meanwhile', async () => {
    await outdateHash();
    const checked = holdNextCheck();
    const late = change(here, PASSWORD, 'another long sentence');
    await checked.reached;
    pairOf(await login(PASSWORD));
    checked.release();
    expect((await late).status).toBe(204);
    pairOf(await login('another long sentence'));
  });

  test('two password changes at once: exactly one succeeds', async () => {
    const there = await seed();
    const answers = await Promise.all([
      change(here, PASSWORD, 'the one long sentence'),
      change(there, PASSWORD, 'the other long sentence'),
    ]);
    const won = answers.filter(({ status }) => status === 204);
    expect(won).toHaveLength(1);
    const lost = answers.find((answer) => !won.includes(answer));
    expect([401, 403]).toContain(lost?.status);
    const next = answers[0]?.status === 204 ? 'the one' : 'the other';
    pairOf(await login(`${next} long sentence`));
  });
});
