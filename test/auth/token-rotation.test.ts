import { describe, expect, test } from 'vitest';
import { type Answer, BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startSharedService, stoppedClock } from '../support/service.ts';
import { pairOf, seedSession, seedUser } from '../support/users.ts';

// The rules of docs/sessions.md for a presented refresh token, row by row, over HTTP.

// In seconds, the unit of `clock.advance`.
const MILLISECOND = 0.001;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const REJECTED = { status: 401, code: 'invalid_refresh_token', error: 'Invalid refresh token' };

function expectRejected(answer: Answer) {
  expect(answer.status).toBe(401);
  expect(JSON.parse(answer.text)).toMatchObject(REJECTED);
}

/** A service with a user, and what the tests do with it. */
async function startWithUser(variables: Record<string, string>) {
  const service = await startSharedService(
    { ...BEHIND_PROXY, ...variables },
    { clock: stoppedClock() },
  );
  const { url, db, clock } = service;
  const ada = await seedUser(db);
  const rowOf = (id: string) =>
    db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const me = (access: string) => call(url, 'GET /auth/me', { access });
  const present = (token: string, key?: string) => refresh(url, token, key);
  return {
    ada,
    clock,
    db,
    url,
    rowOf,
    me,
    present,
    seed: () => seedSession(service, ada),
    refreshed: async (token: string, key?: string) => pairOf(await present(token, key)),
    /** Reuse has ended the session, and these tokens do not work. */
    async expectEnded(id: string, pair: { access_token: string; refresh_token: string }) {
      expect(await rowOf(id)).toMatchObject({ revoke_reason: 'reuse' });
      expectRejected(await present(pair.refresh_token));
      expect((await me(pair.access_token)).status).toBe(401);
    },
    async expectNotRevoked(id: string) {
      expect(await rowOf(id)).toMatchObject({ revoked_at: null, revoke_reason: null });
    },
  };
}

const strict = await startWithUser({ REFRESH_GRACE_SECONDS: '0' });
const withDefaultLeeway = await startWithUser({});
// These names mean the service without leeway; in `the reuse leeway` they mean the one with it.
const { ada, clock, db, url, rowOf, me, present, seed, refreshed, expectEnded, expectNotRevoked } =
  strict;

describe('a refresh with the current token', () => {
  test('200 with a new pair of tokens, and both work', async () => {
    const session = await seed();
    const answer = await present(session.refresh);
    const pair = pairOf(answer);
    expect(Object.keys(JSON.parse(answer.text)).sort()).toEqual(['access_token', 'refresh_token']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(pair.refresh_token).toMatch(/^[0-9a-f]{64}$/);
    expect(pair.refresh_token).not.toBe(session.refresh);
    expect((await me(pair.access_token)).status).toBe(200);
    await refreshed(pair.refresh_token);
  });

  test('and the same one in the header: 200', async () => {
    const { refresh: token } = await seed();
    const headers = { 'Refresh-Token': token };
    pairOf(await call(url, 'POST /auth/refresh', { headers, body: { refresh_token: token } }));
  });

  test('and another one in the header: 401, and neither token is rotated', async () => {
    const [session, other] = [await seed(), await seed()];
    const headers = { 'Refresh-Token': session.refresh };
    const body = { refresh_token: other.refresh };
    expectRejected(await call(url, 'POST /auth/refresh', { headers, body }));
    await refreshed(session.refresh);
    await refreshed(other.refresh);
  });

  test('stores tokens and Idempotency-Keys as hashes only', async () => {
    const { refresh: spent } = await seed();
    const { refresh_token } = await refreshed(spent, 'a-key-of-the-client');
    const tables = ['sessions', 'spent_refresh_tokens', 'audit_events'] as const;
    const rows = await Promise.all(tables.map((t) => db.selectFrom(t).selectAll().execute()));
    const everything = JSON.stringify(rows);
    for (const secret of [spent, refresh_token, 'a-key-of-the-client']) {
      expect(everything).not.toContain(secret);
    }
  });
});

describe('a refresh with an unknown token', () => {
  test.each<[string, (token: string, hash: string) => string]>([
    ['never issued', () => 'ab'.repeat(32)],
    ['malformed', () => 'x'],
    ['in upper case', (token) => token.toUpperCase()],
    ['with a space after it', (token) => `${token} `],
    ['the hash in the database', (_token, hash) => hash],
  ])('(%s): 401, and the current token still works', async (_what, makeToken) => {
    const session = await seed();
    const { token_hash } = await rowOf(session.id);
    expectRejected(await present(makeToken(session.refresh, token_hash)));
    await expectNotRevoked(session.id);
    await refreshed(session.refresh);
  });
});

describe('a refresh with a spent token', () => {
  test.each([1, 2, 3, 10])(
    'of %i generations ago: 401, and the session has ended with all its tokens',
    async (generations) => {
      const session = await seed();
      let pair = await refreshed(session.refresh);
      for (let n = 1; n < generations; n += 1) pair = await refreshed(pair.refresh_token);
      expectRejected(await present(session.refresh));
      await expectEnded(session.id, pair);
      expect((await me(session.access)).status).toBe(401);
    },
  );

  test('writes one reuse event to the audit log, with user and session', async () => {
    const session = await seed();
    await refreshed(session.refresh);
    expectRejected(await present(session.refresh));
    expectRejected(await present(session.refresh));
    const events = await db
      .selectFrom('audit_events')
      .selectAll()
      .where('event', '=', 'refresh_token_reused')
      .where('session_id', '=', session.id)
      .execute();
    expect(events).toMatchObject([{ user_id: ada.userId }]);
  });

  test('ends no other session of the user', async () => {
    const [session, other] = [await seed(), await seed()];
    await refreshed(session.refresh);
    expectRejected(await present(session.refresh));
    expect((await me(other.access)).status).toBe(200);
    await refreshed(other.refresh);
  });
});

describe('a retried refresh', () => {
  test('with the same Idempotency-Key: the same refresh token, and an access token that works', async () => {
    const session = await seed();
    const first = await refreshed(session.refresh, 'key');
    clock.advance(1);
    const again = await refreshed(session.refresh, 'key');
    expect(again.refresh_token).toBe(first.refresh_token);
    expect(again.access_token).not.toBe(first.access_token);
    expect((await me(again.access_token)).status).toBe(200);
    expect((await refreshed(session.refresh, 'key')).refresh_token).toBe(first.refresh_token);
    await refreshed(first.refresh_token, 'next');
  });

  test.each([
    ['another key', 'key', 'other'],
    ['no key', 'key', undefined],
    ['the key in another case', 'key', 'KEY'],
    ['a key where the first refresh had none', undefined, 'key'],
  ])('with %s: 401, and the session has ended', async (_what, firstKey, key) => {
    const session = await seed();
    const first = await refreshed(session.refresh, firstKey);
    expectRejected(await present(session.refresh, key));
    await expectEnded(session.id, first);
  });

  test.each(['other', 'key'])(
    'with the first key, after the successor was used with key "%s": 401, and the session has ended',
    async (key) => {
      const session = await seed();
      const first = await refreshed(session.refresh, 'key');
      const second = await refreshed(first.refresh_token, key);
      expectRejected(await present(session.refresh, 'key'));
      await expectEnded(session.id, second);
    },
  );

  test('after exactly 24 hours gets the same token; one millisecond later it ends the session', async () => {
    const session = await seed();
    const first = await refreshed(session.refresh, 'key');
    clock.advance(DAY);
    expect((await refreshed(session.refresh, 'key')).refresh_token).toBe(first.refresh_token);
    clock.advance(MILLISECOND);
    expectRejected(await present(session.refresh, 'key'));
    await expectEnded(session.id, first);
  });

  test('after the clock was set back by more than 24 hours: 401, and the session has ended', async () => {
    const session = await seed();
    const first = await refreshed(session.refresh, 'key');
    clock.advance(-DAY - 1);
    expectRejected(await present(session.refresh, 'key'));
    await expectEnded(session.id, first);
  });

  test('extends neither the 24 hours nor the session', async () => {
    const session = await seed();
    await refreshed(session.refresh, 'key');
    const before = await rowOf(session.id);
    clock.advance(HOUR);
    await refreshed(session.refresh, 'key');
    expect(await rowOf(session.id)).toEqual(before);
  });

  test('with a key that another session uses too: each session has its own successor', async () => {
    for (const session of [await seed(), await seed()]) {
      const { refresh_token } = await refreshed(session.refresh, 'shared');
      expect((await refreshed(session.refresh, 'shared')).refresh_token).toBe(refresh_token);
    }
  });
});

describe('the reuse leeway', () => {
  const { clock, present, me, seed, refreshed, expectEnded } = withDefaultLeeway;

  /** A session whose first token has been rotated once. */
  async function seedRefreshed(key?: string) {
    const session = await seed();
    return { session, first: await refreshed(session.refresh, key) };
  }

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'two refreshes %i s apart: both get the same refresh token, and it works',
    async (seconds) => {
      const { session, first } = await seedRefreshed();
      clock.advance(seconds);
      const second = await refreshed(session.refresh);
      expect(second.refresh_token).toBe(first.refresh_token);
      for (const { access_token } of [first, second]) {
        expect((await me(access_token)).status).toBe(200);
      }
      await refreshed(first.refresh_token);
    },
  );

  test('ends after exactly 10 s, also after a reissue', async () => {
    const { session, first } = await seedRefreshed();
    clock.advance(10 - MILLISECOND);
    await refreshed(session.refresh);
    clock.advance(MILLISECOND);
    expectRejected(await present(session.refresh));
    await expectEnded(session.id, first);
  });

  test.each([
    ['a key where the first request had none', undefined, 'key'],
    ['another key', 'one', 'two'],
    ['no key where the first request had one', 'one', undefined],
  ])('two refreshes with %s: both get the same refresh token', async (_what, one, two) => {
    const { session, first } = await seedRefreshed(one);
    expect((await refreshed(session.refresh, two)).refresh_token).toBe(first.refresh_token);
  });

  test('does not hold for a token whose successor was used', async () => {
    const { session, first } = await seedRefreshed();
    const second = await refreshed(first.refresh_token);
    expectRejected(await present(session.refresh));
    await expectEnded(session.id, second);
  });

  test('is not extended when the clock is set back by as much as the leeway', async () => {
    const { session, first } = await seedRefreshed();
    clock.advance(-10);
    expectRejected(await present(session.refresh));
    await expectEnded(session.id, first);
  });

  test('is not opened by a clock that is set back, with REFRESH_GRACE_SECONDS=0', async () => {
    const session = await strict.seed();
    const first = await strict.refreshed(session.refresh);
    strict.clock.advance(-MINUTE);
    expectRejected(await strict.present(session.refresh));
    await strict.expectEnded(session.id, first);
  });
});

describe('lifetimes', () => {
  test('a session ends after 30 days without a refresh; each refresh starts the 30 days again', async () => {
    const session = await seed();
    clock.advance(30 * DAY - MILLISECOND);
    const pair = await refreshed(session.refresh);
    clock.advance(30 * DAY - MILLISECOND);
    const next = await refreshed(pair.refresh_token);
    clock.advance(30 * DAY);
    expectRejected(await present(next.refresh_token));
    await expectNotRevoked(session.id);
  });

  test('a session ends 90 days after its login, however often it was refreshed', async () => {
    let { refresh: token } = await seed();
    for (let day = 0; day < 80; day += 20) {
      ({ refresh_token: token } = await refreshed(token));
      clock.advance(20 * DAY);
    }
    clock.advance(10 * DAY - MILLISECOND);
    const last = await refreshed(token);
    clock.advance(MILLISECOND);
    expectRejected(await present(last.refresh_token));
    expect((await me(last.access_token)).status).toBe(401);
  });

  test('no access token outlives its session', async () => {
    let { refresh: token } = await seed();
    for (let days = 0; days < 87; days += 29) {
      clock.advance(29 * DAY);
      ({ refresh_token: token } = await refreshed(token));
    }
    clock.advance(3 * DAY - 5 * MINUTE);
    const { access_token } = await refreshed(token);
    const { exp, iat } = JSON.parse(
      Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(exp - iat).toBeGreaterThanOrEqual(5 * MINUTE - 1);
    expect(exp - iat).toBeLessThanOrEqual(5 * MINUTE);
    expect((await me(access_token)).status).toBe(200);
    clock.advance(5 * MINUTE);
    expect((await me(access_token)).status).toBe(401);
  });

  test('an access token expires 900 s after it was issued', async () => {
    const { access_token } = await refreshed((await seed()).refresh);
    clock.advance(899);
    expect((await me(access_token)).status).toBe(200);
    clock.advance(1);
    expect(JSON.parse((await me(access_token)).text)).toMatchObject({
      code: 'access_token_expired',
    });
  });
});

test('every rejected refresh token gets the same status, headers and body', async () => {
  const gone = await seed();
  await call(url, 'POST /auth/logout', gone);
  const reused = await seed();
  await refreshed(reused.refresh);
  const answers = [await present(reused.refresh)]; // the one that finds the reuse
  const idle = await seed();
  clock.advance(30 * DAY);
  for (const token of ['0'.repeat(64), 'junk', gone.refresh, reused.refresh, idle.refresh]) {
    answers.push(await present(token));
    const headers = { 'Refresh-Token': token };
    answers.push(await call(url, 'POST /auth/refresh', { headers }));
  }
  const seen = answers.map(({ status, headers, text }) => {
    const own = ['x-request-id', 'date'];
    return JSON.stringify([status, text, [...headers].filter(([name]) => !own.includes(name))]);
  });
  expect(new Set(seen).size).toBe(1);
  expect(answers[0]?.headers.get('www-authenticate')).toBe(
    'Bearer realm="todos", error="invalid_token"',
  );
});
