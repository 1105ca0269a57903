import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { memoryTokens, ProblemError, RefreshFailedError } from '../../src/client/index.ts';
import { PASSWORD } from '../support/users.ts';
import { answered, held, lostAnswer, spoiledToken, unreachable } from './network.ts';
import {
  bearers,
  interruptedTokens,
  keys,
  lockedTokens,
  REFRESH,
  routes,
  slowTokens,
  startClientService,
  titlesWith,
  tokensIn,
} from './setup.ts';

const { signedIn, signedInLongAgo, secondTab, expireAccessTokens } = await startClientService();

describe('the client: an access token that is rejected', () => {
  test.each(['expired', 'invalid'])('is refreshed when it is %s', async (kind) => {
    const { client, tokens, network } = await signedIn();
    const before = await tokensIn(tokens);
    if (kind === 'expired') expireAccessTokens();
    else await tokens.set({ ...before, access_token: 'spoiled' });

    expect((await client.GET('/auth/me')).data?.username).toBe('ada');
    const after = await tokensIn(tokens);
    expect(after.refresh_token).not.toBe(before.refresh_token);
    expect(after.refresh_key).not.toBe(before.refresh_key);
    expect(after.login_id).toBe(before.login_id);
    expect(routes(network.sent).slice(1)).toEqual(['GET /auth/me', REFRESH, 'GET /auth/me']);
    expect(bearers(network.sent).slice(2)).toEqual([null, `Bearer ${after.access_token}`]);

    await client.GET('/auth/me');
    expect(network.to(REFRESH)).toHaveLength(1);
  });

  test.each([
    ['at once', memoryTokens],
    ['later', slowTokens],
  ])(
    'is refreshed once for many requests, and each request is repeated once (store answers %s)',
    async (name, make) => {
      const { client, network } = await signedInLongAgo({ tokens: make() });
      const titles = Array.from({ length: 8 }, (_, index) => `${name} ${index}`);
      const refresh = held('request');
      network.next(REFRESH, refresh.fault);
      const calls = titles.map((title) => client.POST('/todos', { body: { title } }));
      await expect.poll(() => network.answered).toBe(1 + 8);
      refresh.release();
      for (const { response } of await Promise.all(calls)) expect(response.status).toBe(201);

      expect(network.to(REFRESH)).toHaveLength(1);
      const bodies = network.to('POST /todos').map(({ body }) => body);
      const once = titles.map((title) => JSON.stringify({ title }));
      expect(bodies.toSorted()).toEqual([...once, ...once].toSorted());
      expect((await titlesWith(client, name)).toSorted()).toEqual(titles);
    },
  );

  test('is not refreshed again when a response to the old token arrives late', async () => {
    const { client, network } = await signedInLongAgo();
    const late = await network.hold('answer', 'GET /auth/me', () => client.GET('/auth/me'));
    await client.GET('/todos');
    expect((await late.finish()).response.status).toBe(200);
    expect(network.to('GET /auth/me')).toHaveLength(2);
    expect(network.to(REFRESH)).toHaveLength(1);
  });

  test('is refreshed once only: a second 401 is returned to the caller', async () => {
    const { client, tokens, network, onSessionLost } = await signedIn();
    network.next('GET /auth/me', spoiledToken, spoiledToken);
    const { error, response } = await client.GET('/auth/me');
    expect(response.status).toBe(401);
    expect(error?.code).toBe('invalid_access_token');
    expect(network.to('GET /auth/me')).toHaveLength(2);
    expect(network.to(REFRESH)).toHaveLength(1);
    expect(await tokens.get()).toBeDefined();
    expect(onSessionLost).not.toHaveBeenCalled();
  });
});

describe('the client: a response that does not reject the access token', () => {
  test.each([
    ['HTML of a proxy', 401, '<h1>Unauthorized</h1>'],
    ['a JSON string', 401, '"Unauthorized"'],
    ['JSON null', 401, 'null'],
    ['an object that is no problem document', 401, '{"code":"access_token_expired"}'],
    ['another code', 401, '{"code":"authentication_required","detail":""}'],
    ['another status', 403, '{"code":"access_token_expired","detail":""}'],
  ])('(%s) causes no refresh', async (_, status, body) => {
    const { client, network, onSessionLost } = await signedIn();
    network.next('GET /auth/me', answered(status, body));
    expect((await client.GET('/auth/me')).response.status).toBe(status);
    expect(routes(network.sent)).toEqual(['POST /auth/login', 'GET /auth/me']);
    expect(onSessionLost).not.toHaveBeenCalled();
  });
});

describe('the client: a refresh that fails', () => {
  test.each([
    ['no connection', unreachable, 'fetch failed'],
    ['a lost answer', lostAnswer, 'fetch failed'],
    ['a 500', answered(500), 'The response was 500 without a problem'],
    ['a 503', answered(503, '{"code":"unavailable","detail":"Try again"}'), 'Try again'],
    ['a 429', answered(429), 'The response was 429 without a problem'],
    ['a 200 that is no JSON', answered(200), 'JSON'],
    ['a 200 with nothing', answered(200, ''), 'The response was 200 without a problem'],
  ])('with %s keeps the session and is tried again', async (_, fault, message) => {
    const { client, tokens, network, onSessionLost } = await signedInLongAgo();
    const before = await tokensIn(tokens);
    network.next(REFRESH, fault);
    const call = client.GET('/auth/me');
    await expect(call).rejects.toBeInstanceOf(RefreshFailedError);
    await expect(call).rejects.toHaveProperty('cause.message', expect.stringContaining(message));
    expect(network.to('GET /auth/me')).toHaveLength(1);
    expect(await tokens.get()).toEqual(before);

    expect((await client.GET('/auth/me')).response.status).toBe(200);
    expect(network.to(REFRESH)).toHaveLength(2);
    expect(onSessionLost).not.toHaveBeenCalled();
  });

  test('is retried with the same Idempotency-Key; the next refresh has another', async () => {
    const { client, network } = await signedInLongAgo();
    network.next(REFRESH, lostAnswer, unreachable, answered(503));
    for (const _ of [1, 2, 3]) await client.GET('/auth/me').catch(() => undefined);
    await client.GET('/auth/me');
    expireAccessTokens();
    await client.GET('/auth/me');
    const [first, ...others] = keys(network.to(REFRESH));
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(others).toEqual([first, first, first, expect.not.stringContaining(String(first))]);
  });

  test('throws the problem of the service', async () => {
    const { client, network } = await signedInLongAgo();
    const problem = { code: 'too_many_requests', detail: 'Too many attempts' };
    network.next(REFRESH, answered(429, JSON.stringify(problem)));
    const failure: unknown = await client.GET('/auth/me').catch((error: unknown) => error);
    if (!(failure instanceof RefreshFailedError)) throw failure;
    expect(failure.name).toBe('RefreshFailedError');
    expect(failure.message).toBe('The access token could not be refreshed; the session is kept');
    const { cause } = failure;
    if (!(cause instanceof ProblemError)) throw cause;
    expect(cause.name).toBe('ProblemError');
    expect(cause.problem).toEqual(problem);
    expect(cause.response.headers.get('Retry-After')).toBe('7');
  });

  test('is sent once, and fails for every request that waits', async () => {
    const { client, network } = await signedInLongAgo();
    const refresh = held('request', unreachable);
    network.next(REFRESH, refresh.fault);
    const calls = Promise.allSettled([1, 2, 3].map(() => client.GET('/auth/me')));
    await expect.poll(() => network.answered).toBe(1 + 3);
    await yieldToEventLoop(); // all three wait for the refresh now
    refresh.release();
    const rejected = { status: 'rejected', reason: expect.any(RefreshFailedError) };
    expect(await calls).toEqual([rejected, rejected, rejected]);
    expect(network.to(REFRESH)).toHaveLength(1);
  });

  test('ends after ten seconds without a response', async () => {
    const { client, tokens, network } = await signedInLongAgo();
    const clock = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(clock.signal);
    network.next(REFRESH, ({ signal }) => {
      clock.abort(new DOMException('It took too long', 'TimeoutError'));
      return Promise.reject(signal.reason);
    });
    await expect(client.GET('/auth/me')).rejects.toHaveProperty('cause.name', 'TimeoutError');
    expect(timeout.mock.calls[0]).toEqual([10_000]);
    timeout.mockRestore();
    expect(await tokens.get()).toBeDefined();
  });

  test('because the new tokens cannot be stored: the next request refreshes again', async () => {
    const store = memoryTokens();
    const set = vi.fn(store.set);
    const { client, network, onSessionLost } = await signedInLongAgo({ tokens: { ...store, set } });
    set.mockRejectedValueOnce(new Error('disk full'));
    await expect(client.GET('/auth/me')).rejects.toThrow('disk full');
    expect((await client.GET('/auth/me')).response.status).toBe(200);
    expect(new Set(keys(network.to(REFRESH))).size).toBe(1);
    expect(onSessionLost).not.toHaveBeenCalled();
  });
});

describe('the client: a request that is aborted', () => {
  test('stops waiting for a refresh that other requests still wait for', async () => {
    const { client, network } = await signedInLongAgo();
    const patience = new AbortController();
    const impatient = await network.hold('request', REFRESH, () =>
      client.GET('/todos', { signal: patience.signal }),
    );
    const patient = client.GET('/auth/me');
    patience.abort(new Error('never mind'));
    await expect(impatient.result).rejects.toThrow('never mind');
    void impatient.finish();
    expect((await patient).response.status).toBe(200);
    expect(network.to('GET /todos')).toHaveLength(1);
  });

  test('while its 401 arrives does not wait for a refresh', async () => {
    const { client, network } = await signedInLongAgo();
    const patience = new AbortController();
    network.next('GET /todos', async (request, send) => {
      const response = await send(request);
      const body = await response.text();
      patience.abort(new Error('never mind'));
      return new Response(body, response);
    });
    const refresh = held('request');
    network.next(REFRESH, refresh.fault);
    await expect(client.GET('/todos', { signal: patience.signal })).rejects.toThrow('never mind');
    refresh.release();
  });
});

describe('the client: a refresh during which the stored tokens change', () => {
  test('keeps the tokens of a new login, and does not repeat the old request with them', async () => {
    const { client, tokens, network, onSessionLost } = await signedInLongAgo();
    const call = await network.hold('answer', REFRESH, () =>
      client.POST('/todos', { body: { title: 'of ada' } }),
    );
    await client.login('bob', PASSWORD);
    const ofBob = await tokensIn(tokens);
    expect((await call.finish()).error?.code).toBe('access_token_expired');
    expect(await tokens.get()).toEqual(ofBob);
    expect(await titlesWith(client, 'of ada')).toEqual([]);
    expect(onSessionLost).not.toHaveBeenCalled();
  });

  test('keeps the tokens of a login that happens between its read and its write of the store', async () => {
    const { tokens, logInAtLook } = interruptedTokens();
    const one = await signedInLongAgo({ tokens });
    const logins = logInAtLook(one, REFRESH);
    await one.client.GET('/auth/me');
    await Promise.all(logins);
    expect((await one.client.GET('/auth/me')).data?.username).toBe('bob');
  });

  test('keeps the tokens of a new login when the refresh token of the old one is rejected', async () => {
    const { client, tokens, network, onSessionLost } = await signedInLongAgo();
    await tokens.set({ ...(await tokensIn(tokens)), refresh_token: '0'.repeat(64) });
    const call = await network.hold('request', REFRESH, () => client.GET('/auth/me'));
    await client.login('bob', PASSWORD);
    expect((await call.finish()).response.status).toBe(401);
    expect((await client.GET('/auth/me')).data?.username).toBe('bob');
    expect(onSessionLost).not.toHaveBeenCalled();
  });

  test('is not used for the requests of a later login', async () => {
    const { client, network } = await signedInLongAgo();
    const ofAda = await network.hold('answer', REFRESH, () => client.GET('/auth/me'));
    await client.login('bob', PASSWORD);
    expireAccessTokens();
    expect((await client.GET('/auth/me')).data?.username).toBe('bob');
    expect((await ofAda.finish()).response.status).toBe(401);
    expect(network.to(REFRESH)).toHaveLength(2);
  });

  test('does not undo a sign-out', async () => {
    const { client, tokens, network, onSessionLost } = await signedIn();
    network.next('GET /auth/me', spoiledToken);
    const call = await network.hold('answer', REFRESH, () => client.GET('/auth/me'));
    expect((await client.logout()).response.status).toBe(200);
    expect((await call.finish()).response.status).toBe(401);
    expect(await tokens.get()).toBeUndefined();
    expect(onSessionLost).not.toHaveBeenCalled();
  });

  test('keeps the tokens that another tab has stored, and uses them', async () => {
    const { client, tokens, network } = await signedInLongAgo();
    const call = await network.hold('answer', REFRESH, () => client.GET('/auth/me'));
    const pair = await call.answer?.json();
    const ofTab = { ...(await tokensIn(tokens)), ...pair, refresh_key: 'of-the-other-tab' };
    await tokens.set(ofTab);
    expect((await call.finish()).response.status).toBe(200);
    expect(await tokens.get()).toEqual(ofTab);
  });
});

describe('the client: two tabs that share a token store', () => {
  test('with a lock send one refresh', async () => {
    const { tokens, held: takenLocks } = lockedTokens();
    const one = await signedInLongAgo({ tokens });
    const names = [one.client, secondTab(one)].map(async (client) => {
      const { data } = await client.GET('/auth/me');
      return data?.username;
    });
    expect(await Promise.all(names)).toEqual(['ada', 'ada']);
    expect(one.network.to(REFRESH)).toHaveLength(1);
    expect(takenLocks).toEqual(['write', 'refresh', 'write', 'refresh']);
  });

  test('without a lock send the same Idempotency-Key, and both stay signed in', async () => {
    const one = await signedIn();
    const { client, network, onSessionLost } = one;
    const tab = secondTab(one);
    expireAccessTokens();
    const [first, second] = [held('answer'), held('answer')];
    network.next(REFRESH, first.fault, second.fault);
    const calls = [client.GET('/auth/me'), tab.GET('/auth/me')];
    await Promise.all([first.arrived, second.arrived]);
    expect(new Set(keys(network.to(REFRESH))).size).toBe(1);
    second.release();
    first.release();
    for (const { response } of await Promise.all(calls)) expect(response.status).toBe(200);
    expireAccessTokens();
    expect((await tab.GET('/auth/me')).response.status).toBe(200);
    expect((await client.GET('/auth/me')).response.status).toBe(200);
    expect(onSessionLost).not.toHaveBeenCalled();
  });
});
