import { beforeEach, describe, expect, test } from 'vitest';
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

/** With a reuse leeway of 0. */
const strict = await startSharedService(
  { ...BEHIND_PROXY, REFRESH_GRACE_SECONDS: '0' },
  { clock: stoppedClock() },
);
/** With the default leeway. */
const lenient = await startSharedService(BEHIND_PROXY, { clock: stoppedClock() });
const userId = await seedUser(strict.db, 'ada');
await seedUser(lenient.db, 'ada');

let session: Awaited<ReturnType<typeof seed>>;
const seed = async (service = strict) => {
  const user = await service.db
    .selectFrom('users')
    .select('id')
    .where('username', '=', 'ada')
    .execute();
  return seedSession(service.db, service.clock, { userId: user[0]?.id ?? '', username: 'ada' });
};
beforeEach(async () => {
  session = await seed();
});

const me = (access: string, service = strict) => call(service.url, 'GET /auth/me', { access });
const refreshed = async (token: string, key?: string, service = strict) =>
  pairOf(await refresh(service.url, token, key));
const revocation = (id: string, service = strict) =>
  service.db
    .selectFrom('sessions')
    .select(['revoked_at', 'revoke_reason'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();

function expectRejected(answer: Answer) {
  expect(answer.status).toBe(401);
  expect(JSON.parse(answer.text)).toMatchObject(REJECTED);
}

async function expectEnded(
  id: string,
  tokens: { access?: string; refresh: string },
  service = strict,
) {
  expect(await revocation(id, service)).toMatchObject({ revoke_reason: 'reuse' });
  expectRejected(await refresh(service.url, tokens.refresh));
  if (tokens.access) expect((await me(tokens.access, service)).status).toBe(401);
}

async function expectAlive(id: string, service = strict) {
  expect(await revocation(id, service)).toEqual({ revoked_at: null, revoke_reason: null });
}

describe('where the refresh token is sent', () => {
  test('in the body: 200 with a new pair of tokens, and both work', async () => {
    const answer = await refresh(strict.url, session.refresh);
    const pair = pairOf(answer);
    expect(Object.keys(JSON.parse(answer.text)).sort()).toEqual(['access_token', 'refresh_token']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(pair.refresh_token).toMatch(/^[0-9a-f]{64}$/);
    expect(pair.refresh_token).not.toBe(session.refresh);
    expect((await me(pair.access_token)).status).toBe(200);
    expect((await refresh(strict.url, pair.refresh_token)).status).toBe(200);
  });

  test('in the Refresh-Token header, without a body: 200', async () => {
    const headers = { 'Refresh-Token': session.refresh };
    const pair = pairOf(await call(strict.url, 'POST /auth/refresh', { headers }));
    expect((await me(pair.access_token)).status).toBe(200);
  });

  test('in both body and header: 200', async () => {
    const headers = { 'Refresh-Token': session.refresh };
    const body = { refresh_token: session.refresh };
    pairOf(await call(strict.url, 'POST /auth/refresh', { headers, body }));
  });

  test('in body and header, but not the same one: 401, and neither token is rotated', async () => {
    const other = await seed();
    const headers = { 'Refresh-Token': session.refresh };
    const body = { refresh_token: other.refresh };
    expectRejected(await call(strict.url, 'POST /auth/refresh', { headers, body }));
    await refreshed(session.refresh);
    await refreshed(other.refresh);
  });

  test('in neither body nor header: 400', async () => {
    expect((await call(strict.url, 'POST /auth/refresh')).status).toBe(400);
    expect((await call(strict.url, 'POST /auth/refresh', { body: {} })).status).toBe(400);
  });
});

describe('a refresh with the current token', () => {
  test('returns a new refresh token each time, twenty times in a row', async () => {
    const seen = new Set([session.refresh]);
    for (let token = session.refresh; seen.size < 20; seen.add(token)) {
      ({ refresh_token: token } = await refreshed(token));
    }
    await expectAlive(session.id);
    expect(seen.size).toBe(20);
  });

  test('keeps the earlier access token valid', async () => {
    await refreshed(session.refresh);
    expect((await me(session.access)).status).toBe(200);
  });

  test('stores tokens and Idempotency-Keys as hashes only', async () => {
    const spent = session.refresh;
    const { refresh_token } = await refreshed(spent, 'a-key-of-the-client');
    const tables = ['sessions', 'spent_refresh_tokens', 'audit_events'] as const;
    const rows = await Promise.all(
      tables.map((t) => strict.db.selectFrom(t).selectAll().execute()),
    );
    const everything = JSON.stringify(rows);
    for (const secret of [spent, refresh_token, 'a-key-of-the-client']) {
      expect(everything).not.toContain(secret);
    }
  });
});

describe('a refresh with an unknown token', () => {
  const tokens: [string, (token: string, hash: string) => string][] = [
    ['never issued', () => 'ab'.repeat(32)],
    ['malformed', () => 'x'],
    ['in upper case', (token) => token.toUpperCase()],
    ['with a space after it', (token) => `${token} `],
    ['the hash in the database', (_token, hash) => hash],
  ];

  test.each(tokens)('(%s): 401, and the current token still works', async (_what, makeToken) => {
    const { token_hash: hash } = await strict.db
      .selectFrom('sessions')
      .select('token_hash')
      .where('id', '=', session.id)
      .executeTakeFirstOrThrow();
    expectRejected(await refresh(strict.url, makeToken(session.refresh, hash)));
    await expectAlive(session.id);
    await refreshed(session.refresh);
  });
});

describe('a refresh with a spent token', () => {
  test('in the body: 401, and the session has ended with its newest tokens', async () => {
    const pair = await refreshed(session.refresh);
    expectRejected(await refresh(strict.url, session.refresh));
    await expectEnded(session.id, { access: pair.access_token, refresh: pair.refresh_token });
    expect((await me(session.access)).status).toBe(401);
  });

  test('in the header: 401, and the session has ended', async () => {
    const pair = await refreshed(session.refresh);
    const headers = { 'Refresh-Token': session.refresh };
    expectRejected(await call(strict.url, 'POST /auth/refresh', { headers }));
    await expectEnded(session.id, { refresh: pair.refresh_token });
  });

  test.each([1, 2, 3, 10])(
    'of %i generations ago: 401, and the session has ended',
    async (generations) => {
      let token = session.refresh;
      for (let made = 0; made < generations; made += 1) {
        ({ refresh_token: token } = await refreshed(token));
      }
      expectRejected(await refresh(strict.url, session.refresh));
      await expectEnded(session.id, { refresh: token });
    },
  );

  test('writes one reuse event to the audit log, with user and session', async () => {
    await refreshed(session.refresh);
    expectRejected(await refresh(strict.url, session.refresh));
    expectRejected(await refresh(strict.url, session.refresh));
    const events = await strict.db
      .selectFrom('audit_events')
      .selectAll()
      .where('event', '=', 'refresh_token_reused')
      .where('session_id', '=', session.id)
      .execute();
    expect(events).toMatchObject([{ user_id: userId }]);
  });

  test('ends no other session of the user', async () => {
    const other = await seed();
    await refreshed(session.refresh);
    expectRejected(await refresh(strict.url, session.refresh));
    expect((await me(other.access)).status).toBe(200);
    await refreshed(other.refresh);
  });
});

describe('a retried refresh', () => {
  test('with the same Idempotency-Key: the same refresh token, and an access token that works', async () => {
    const first = await refreshed(session.refresh, 'key');
    strict.clock.advance(1);
    const again = await refreshed(session.refresh, 'key');
    expect(again.refresh_token).toBe(first.refresh_token);
    expect(again.access_token).not.toBe(first.access_token);
    expect((await me(again.access_token)).status).toBe(200);
    expect((await refreshed(session.refresh, 'key')).refresh_token).toBe(first.refresh_token);
    await refreshed(first.refresh_token, 'next');
  });

  test.each([
    ['another key', 'other'],
    ['no key', undefined],
    ['the key in another case', 'KEY'],
  ])('with %s: 401, and the session has ended', async (_what, key) => {
    const first = await refreshed(session.refresh, 'key');
    expectRejected(await refresh(strict.url, session.refresh, key));
    await expectEnded(session.id, { refresh: first.refresh_token });
  });

  test('with a key where the first refresh had none: 401, and the session has ended', async () => {
    const first = await refreshed(session.refresh);
    expectRejected(await refresh(strict.url, session.refresh, 'key'));
    await expectEnded(session.id, { refresh: first.refresh_token });
  });

  test('after the successor was used under another key: 401, and the session has ended', async () => {
    const first = await refreshed(session.refresh, 'key');
    const second = await refreshed(first.refresh_token, 'other');
    expectRejected(await refresh(strict.url, session.refresh, 'key'));
    await expectEnded(session.id, { refresh: second.refresh_token });
  });

  test('after the successor was used under the same key: 401, and the session has ended', async () => {
    const first = await refreshed(session.refresh, 'key');
    const second = await refreshed(first.refresh_token, 'key');
    expectRejected(await refresh(strict.url, session.refresh, 'key'));
    await expectEnded(session.id, { refresh: second.refresh_token });
  });

  test('after exactly 24 hours gets the same token; one millisecond later it ends the session', async () => {
    const first = await refreshed(session.refresh, 'key');
    strict.clock.advance(DAY);
    expect((await refreshed(session.refresh, 'key')).refresh_token).toBe(first.refresh_token);
    strict.clock.advance(MILLISECOND);
    expectRejected(await refresh(strict.url, session.refresh, 'key'));
    await expectEnded(session.id, { refresh: first.refresh_token });
  });

  test('after the clock was set back by more than 24 hours: 401, and the session has ended', async () => {
    const first = await refreshed(session.refresh, 'key');
    strict.clock.advance(-DAY - 1);
    expectRejected(await refresh(strict.url, session.refresh, 'key'));
    await expectEnded(session.id, { refresh: first.refresh_token });
  });

  test('extends neither the 24 hours nor the session', async () => {
    await refreshed(session.refresh, 'key');
    const before = await strict.db
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', session.id)
      .execute();
    strict.clock.advance(HOUR);
    await refreshed(session.refresh, 'key');
    const after = await strict.db
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', session.id)
      .execute();
    expect(after).toEqual(before);
  });

  test('with a key that another session uses too: each session has its own successor', async () => {
    const other = await seed();
    const [mine, theirs] = [
      await refreshed(session.refresh, 'shared'),
      await refreshed(other.refresh, 'shared'),
    ];
    expect((await refreshed(session.refresh, 'shared')).refresh_token).toBe(mine.refresh_token);
    expect((await refreshed(other.refresh, 'shared')).refresh_token).toBe(theirs.refresh_token);
  });

  test.each(['', 'a b', 'é', 'x'.repeat(256)])('with the invalid key %j: 400', async (key) => {
    const headers = { 'Idempotency-Key': key };
    const body = { refresh_token: session.refresh };
    const sent = call(strict.url, 'POST /auth/refresh', { headers, body });
    expect((await sent).status).toBe(400);
    await refreshed(session.refresh);
  });
});

describe('the reuse leeway', () => {
  /** A session on the lenient service whose first token has been rotated once. */
  async function seedRefreshed(key?: string) {
    const granted = await seed(lenient);
    return { granted, first: await refreshed(granted.refresh, key, lenient) };
  }

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'two refreshes %i s apart: both get the same refresh token, and it works',
    async (seconds) => {
      const { granted, first } = await seedRefreshed();
      lenient.clock.advance(seconds);
      const second = await refreshed(granted.refresh, undefined, lenient);
      expect(second.refresh_token).toBe(first.refresh_token);
      for (const { access_token } of [first, second]) {
        expect((await me(access_token, lenient)).status).toBe(200);
      }
      await refreshed(first.refresh_token, undefined, lenient);
    },
  );

  test('two refreshes 11 s apart: 401, and the session has ended', async () => {
    const { granted, first } = await seedRefreshed();
    lenient.clock.advance(11);
    expectRejected(await refresh(lenient.url, granted.refresh));
    await expectEnded(granted.id, { refresh: first.refresh_token }, lenient);
  });

  test('ends after 10 s to the millisecond, and a reissue does not move its end', async () => {
    const { granted, first } = await seedRefreshed();
    lenient.clock.advance(10 - MILLISECOND);
    await refreshed(granted.refresh, undefined, lenient);
    lenient.clock.advance(MILLISECOND);
    expectRejected(await refresh(lenient.url, granted.refresh));
    await expectEnded(granted.id, { refresh: first.refresh_token }, lenient);
  });

  test.each([
    ['a key where the first request had none', undefined, 'key'],
    ['another key', 'one', 'two'],
    ['no key where the first request had one', 'one', undefined],
  ])('two refreshes with %s: both get the same refresh token', async (_what, one, two) => {
    const { granted, first } = await seedRefreshed(one);
    const second = await refreshed(granted.refresh, two, lenient);
    expect(second.refresh_token).toBe(first.refresh_token);
  });

  test('many refreshes at once: all get the same successor', async () => {
    const granted = await seed(lenient);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => refresh(lenient.url, granted.refresh)),
    );
    const successors = new Set(answers.map((answer) => pairOf(answer).refresh_token));
    expect(successors.size).toBe(1);
    await expectAlive(granted.id, lenient);
  });

  test('does not hold for a token whose successor was used', async () => {
    const { granted, first } = await seedRefreshed();
    const second = await refreshed(first.refresh_token, undefined, lenient);
    expectRejected(await refresh(lenient.url, granted.refresh));
    await expectEnded(granted.id, { refresh: second.refresh_token }, lenient);
  });

  test('does not hold after a logout', async () => {
    const { granted, first } = await seedRefreshed();
    await call(lenient.url, 'POST /auth/logout', { access: granted.access });
    for (const token of [granted.refresh, first.refresh_token]) {
      expectRejected(await refresh(lenient.url, token));
    }
  });

  test('is not extended when the clock is set back by more than the leeway', async () => {
    const { granted, first } = await seedRefreshed();
    lenient.clock.advance(-10);
    expectRejected(await refresh(lenient.url, granted.refresh));
    await expectEnded(granted.id, { refresh: first.refresh_token }, lenient);
  });

  test('is not opened by a clock that is set back, with REFRESH_GRACE_SECONDS=0', async () => {
    const first = await refreshed(session.refresh);
    strict.clock.advance(-MINUTE);
    expectRejected(await refresh(strict.url, session.refresh));
    await expectEnded(session.id, { refresh: first.refresh_token });
  });
});

describe('a session that has ended', () => {
  const endings: [string, (pair: { access: string }) => Promise<unknown>][] = [
    ['by logout', ({ access }) => call(strict.url, 'POST /auth/logout', { access })],
    [
      'by logging out everywhere',
      ({ access }) => call(strict.url, 'DELETE /auth/sessions', { access }),
    ],
    ['by reuse', () => refresh(strict.url, session.refresh)],
    ['after 30 days without a refresh', async () => strict.clock.advance(30 * DAY)],
  ];

  test.each(endings)('%s: 401 for every token, and no row changes', async (_how, end) => {
    const pair = await refreshed(session.refresh, 'key');
    await end({ access: pair.access_token });
    const row = () =>
      strict.db.selectFrom('sessions').selectAll().where('id', '=', session.id).execute();
    const before = await row();
    expectRejected(await refresh(strict.url, pair.refresh_token));
    expectRejected(await refresh(strict.url, session.refresh));
    expectRejected(await refresh(strict.url, session.refresh, 'key'));
    expect(await row()).toEqual(before);
    expect((await me(pair.access_token)).status).toBe(401);
  });
});

describe('lifetimes', () => {
  test('a session ends after 30 days without a refresh; each refresh starts the 30 days again', async () => {
    strict.clock.advance(30 * DAY - MILLISECOND);
    const pair = await refreshed(session.refresh);
    strict.clock.advance(30 * DAY - MILLISECOND);
    const next = await refreshed(pair.refresh_token);
    strict.clock.advance(30 * DAY);
    expectRejected(await refresh(strict.url, next.refresh_token));
    expect((await revocation(session.id)).revoked_at).toBeNull();
  });

  test('a session ends 90 days after its login, however often it was refreshed', async () => {
    let token = session.refresh;
    for (let day = 0; day < 80; day += 20) {
      ({ refresh_token: token } = await refreshed(token));
      strict.clock.advance(20 * DAY);
    }
    strict.clock.advance(10 * DAY - MILLISECOND);
    const last = await refreshed(token);
    strict.clock.advance(MILLISECOND);
    expectRejected(await refresh(strict.url, last.refresh_token));
    expect((await me(last.access_token)).status).toBe(401);
  });

  test('no access token outlives its session', async () => {
    strict.clock.advance(29 * DAY);
    let { refresh_token: token } = await refreshed(session.refresh);
    strict.clock.advance(29 * DAY);
    ({ refresh_token: token } = await refreshed(token));
    strict.clock.advance(29 * DAY);
    ({ refresh_token: token } = await refreshed(token));
    strict.clock.advance(3 * DAY - 5 * MINUTE);
    const { access_token } = await refreshed(token);
    const { exp, iat } = JSON.parse(
      Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(exp - iat).toBeGreaterThanOrEqual(5 * MINUTE - 1);
    expect(exp - iat).toBeLessThanOrEqual(5 * MINUTE);
    expect((await me(access_token)).status).toBe(200);
    strict.clock.advance(5 * MINUTE);
    expect((await me(access_token)).status).toBe(401);
  });

  test('an access token expires 900 s after it was issued', async () => {
    const { access_token } = await refreshed(session.refresh);
    strict.clock.advance(899);
    expect((await me(access_token)).status).toBe(200);
    strict.clock.advance(1);
    const late = await me(access_token);
    expect(JSON.parse(late.text)).toMatchObject({ code: 'access_token_expired' });
  });
});

test('every rejected refresh token gets the same status, headers and body', async () => {
  const gone = await seed();
  await call(strict.url, 'POST /auth/logout', { access: gone.access });
  const reused = await seed();
  await refreshed(reused.refresh);
  const first = await refresh(strict.url, reused.refresh); // the one that finds the reuse
  const idle = await seed();
  strict.clock.advance(30 * DAY);
  const tokens = ['0'.repeat(64), 'junk', gone.refresh, reused.refresh, idle.refresh];
  const answers = [first];
  for (const token of tokens) answers.push(await refresh(strict.url, token));
  for (const token of tokens) {
    const headers = { 'Refresh-Token': token };
    answers.push(await call(strict.url, 'POST /auth/refresh', { headers }));
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
