import { describe, expect, test } from 'vitest';
import { memoryTokens, nextCursor, ProblemError } from '../../src/client/index.ts';
import { PASSWORD } from '../support/users.ts';
import { answered, createNetwork, spoiledToken, unreachable } from './network.ts';
import {
  bearers,
  interruptedTokens,
  REFRESH,
  routes,
  type SignedIn,
  slowTokens,
  startClientService,
  titlesWith,
  tokensIn,
} from './setup.ts';

const LOGOUT = 'POST /auth/logout';

const { plainClient, serviceUrl, signedOut, signedIn, signedInLongAgo, expireAccessTokens } =
  await startClientService();

/** Ends the session from somewhere else. */
async function endElsewhere({ tokens }: SignedIn) {
  const { access_token } = await tokensIn(tokens);
  const headers = { Authorization: `Bearer ${access_token}` };
  await plainClient().POST('/auth/logout', { headers });
}

/** The next access token is needed, and the refresh token gets none. */
async function loseRefreshToken({ tokens }: SignedIn) {
  expireAccessTokens();
  await tokens.set({ ...(await tokensIn(tokens)), refresh_token: '0'.repeat(64) });
}

describe('the client: signing in', () => {
  test('keeps the tokens and sends the access token', async () => {
    const { client, tokens, network } = await signedIn();
    expect((await client.GET('/auth/me')).data?.username).toBe('ada');
    const { access_token } = await tokensIn(tokens);
    expect(bearers(network.to('GET /auth/me'))).toEqual([`Bearer ${access_token}`]);
  });

  test('with a wrong password keeps the old tokens and sends no refresh', async () => {
    const { client, tokens, network, onSessionLost } = await signedIn();
    const before = await tokensIn(tokens);
    const { data, error, response } = await client.login('ada', 'wrong');
    expect(data).toBeUndefined();
    expect(error?.code).toBe('invalid_credentials');
    expect(response.status).toBe(401);
    expect(await tokens.get()).toEqual(before);
    expect(network.to(REFRESH)).toEqual([]);
    expect(onSessionLost).not.toHaveBeenCalled();
  });

  test('twice keeps the tokens of the later login', async () => {
    const { client, tokens } = await signedIn();
    const before = await tokensIn(tokens);
    await client.login('bob', PASSWORD);
    expect((await client.GET('/auth/me')).data?.username).toBe('bob');
    expect((await tokensIn(tokens)).login_id).not.toBe(before.login_id);
  });

  test.each([
    ['undefined', memoryTokens],
    ['null', slowTokens],
  ])('without tokens (the store returns %s) requests have no Authorization', async (_, make) => {
    const { client, network, onSessionLost } = signedOut({ tokens: make() });
    expect((await client.GET('/todos')).error?.code).toBe('authentication_required');
    expect(bearers(network.sent)).toEqual([null]);
    expect(onSessionLost).not.toHaveBeenCalled();
  });

  test('keeps an Authorization header that the caller sets', async () => {
    const { client, network, onSessionLost } = await signedIn();
    const headers = { Authorization: 'Bearer mine' };
    expect((await client.GET('/todos', { headers })).error?.code).toBe('invalid_access_token');
    expect(bearers(network.to('GET /todos'))).toEqual(['Bearer mine']);
    expect(network.to(REFRESH)).toEqual([]);
    expect(onSessionLost).not.toHaveBeenCalled();
  });

  test('sends the access token also through a fetch that the call names', async () => {
    const { client, network } = await signedIn();
    const other = createNetwork();
    other.next('GET /auth/me', spoiledToken);
    const { response } = await client.GET('/auth/me', { fetch: other.fetch });
    expect(response.status).toBe(200);
    expect(routes(other.sent)).toEqual(['GET /auth/me', 'GET /auth/me']);
    expect(routes(network.sent)).toEqual(['POST /auth/login', REFRESH]);
  });

  test('sends the access token in client.fetch(), and refreshes it when it has expired', async () => {
    const { client, network } = await signedInLongAgo();
    const response = await client.fetch(new Request(`${serviceUrl}/auth/me`));
    expect(await response.json()).toMatchObject({ username: 'ada' });
    expect(network.to(REFRESH)).toHaveLength(1);
  });

  test('needs an address only, and is not shared with another client', async () => {
    const client = plainClient();
    await client.login('ada', PASSWORD);
    expect((await client.GET('/auth/me')).data?.username).toBe('ada');
    expect((await plainClient().GET('/auth/me')).response.status).toBe(401);
  });

  test('fails when the tokens cannot be stored', async () => {
    const set = () => Promise.reject(new Error('disk full'));
    const { client } = signedOut({ tokens: { ...memoryTokens(), set } });
    await expect(client.login('ada', PASSWORD)).rejects.toThrow('disk full');
  });
});

describe('the client: a lost session', () => {
  test.each([
    ['its access token is refused', endElsewhere],
    ['the refresh token is rejected', loseRefreshToken],
  ])('because %s is reported once, and once again after another login', async (_, end) => {
    const one = await signedIn();
    const { client, tokens, onSessionLost, network } = one;
    for (const times of [1, 2]) {
      await end(one);
      const calls = Array.from({ length: 6 }, () => client.GET('/auth/me'));
      for (const { response } of await Promise.all(calls)) expect(response.status).toBe(401);
      expect(onSessionLost).toHaveBeenCalledTimes(times);
      expect(await tokens.get()).toBeUndefined();

      expect((await client.GET('/auth/me')).error?.code).toBe('authentication_required');
      expect(bearers(network.sent).at(-1)).toBeNull();
      expect(onSessionLost).toHaveBeenCalledTimes(times);

      await client.login('ada', PASSWORD);
      expect((await client.GET('/auth/me')).response.status).toBe(200);
    }
  });

  test('sends no refresh after the service has answered session_ended', async () => {
    const one = await signedIn();
    await endElsewhere(one);
    expect((await one.client.GET('/auth/me')).error?.code).toBe('session_ended');
    expect(one.network.to(REFRESH)).toEqual([]);
  });

  test('is reported when the stored tokens have been removed', async () => {
    const tokens = memoryTokens();
    const seen: unknown[] = [];
    const one = await signedIn({ tokens, onSessionLost: () => seen.push(tokens.get()) });
    await endElsewhere(one);
    await one.client.GET('/auth/me');
    expect(seen).toEqual([undefined]);
  });

  test('without onSessionLost deletes the tokens all the same', async () => {
    const client = plainClient();
    await client.login('ada', PASSWORD);
    await client.DELETE('/auth/sessions');
    expect((await client.GET('/auth/me')).error?.code).toBe('session_ended');
    expect((await client.GET('/auth/me')).error?.code).toBe('authentication_required');
  });
});

describe('the client: signing out', () => {
  test('ends the session and forgets the tokens', async () => {
    const { client, tokens, onSessionLost } = await signedIn();
    const { access_token } = await tokensIn(tokens);
    expect((await client.logout()).data?.message).toBe('You have been logged out.');
    expect(await tokens.get()).toBeUndefined();
    const headers = { Authorization: `Bearer ${access_token}` };
    expect((await client.GET('/todos', { headers })).error?.code).toBe('session_ended');
    expect(onSessionLost).not.toHaveBeenCalled();
  });

  test('works with an expired access token', async () => {
    const { client, tokens, network, onSessionLost } = await signedInLongAgo();
    expect((await client.logout()).response.status).toBe(200);
    expect(await tokens.get()).toBeUndefined();
    expect(routes(network.sent).slice(1)).toEqual([LOGOUT, REFRESH, LOGOUT]);
    expect(onSessionLost).not.toHaveBeenCalled();
  });

  test('leaves the client signed in without a connection and after a 503', async () => {
    const { client, tokens, network } = await signedIn();
    const before = await tokensIn(tokens);
    network.next(LOGOUT, unreachable, answered(503));
    await expect(client.logout()).rejects.toThrow('fetch failed');
    expect(await tokens.get()).toEqual(before);
    expect((await client.logout()).response.status).toBe(503);
    expect(await tokens.get()).toEqual(before);
    expect((await client.logout()).response.status).toBe(200);
  });

  test('of a session that has ended already reports no lost session', async () => {
    const one = await signedIn();
    await endElsewhere(one);
    expect((await one.client.logout()).error?.code).toBe('session_ended');
    expect(await one.tokens.get()).toBeUndefined();
    expect(one.onSessionLost).not.toHaveBeenCalled();
  });

  test('is not reported as a lost session to requests under way; a later loss is', async () => {
    const one = await signedIn();
    const { client, network, onSessionLost } = one;
    const logout = await network.hold('answer', LOGOUT, client.logout);
    expect((await client.GET('/todos')).error?.code).toBe('session_ended');
    expect((await logout.finish()).response.status).toBe(200);
    expect(onSessionLost).not.toHaveBeenCalled();

    await client.login('ada', PASSWORD);
    await endElsewhere(one);
    await client.GET('/todos');
    expect(onSessionLost).toHaveBeenCalledTimes(1);
  });

  test.each([
    ['is lost', unreachable],
    ['is a 503', answered(503)],
  ])('whose response %s does not hide a lost session', async (_, end) => {
    const { client, network, onSessionLost } = await signedIn();
    const logout = await network.hold('answer', LOGOUT, client.logout, end);
    expect((await client.GET('/todos')).error?.code).toBe('session_ended');
    expect(onSessionLost).not.toHaveBeenCalled();
    await logout.finish().catch(() => undefined);
    expect(onSessionLost).toHaveBeenCalledTimes(1);
  });

  test('forgets the tokens of its own login only', async () => {
    const { client, network } = await signedIn();
    const logout = await network.hold('answer', LOGOUT, client.logout);
    await client.login('bob', PASSWORD);
    expect((await logout.finish()).response.status).toBe(200);
    expect((await client.GET('/auth/me')).data?.username).toBe('bob');
  });

  test('keeps the tokens of a login between its read and its write of the store', async () => {
    const { tokens, logInAtLook } = interruptedTokens();
    const one = await signedIn({ tokens });
    const logins = logInAtLook(one, LOGOUT);
    await one.client.logout();
    await Promise.all(logins);
    expect((await one.client.GET('/auth/me')).data?.username).toBe('bob');
  });

  test('forgets tokens that were refreshed meanwhile', async () => {
    const { client, tokens, network } = await signedIn();
    const logout = await network.hold('request', LOGOUT, client.logout);
    network.next('GET /auth/me', spoiledToken);
    expect((await client.GET('/auth/me')).response.status).toBe(200);
    expect((await logout.finish()).response.status).toBe(200);
    expect(await tokens.get()).toBeUndefined();
  });

  test('without tokens is rejected by the service', async () => {
    const { client, onSessionLost } = signedOut();
    expect((await client.logout()).error?.code).toBe('authentication_required');
    expect(onSessionLost).not.toHaveBeenCalled();
  });
});

describe('the client: forget()', () => {
  test('signs out without a request; the session goes on', async () => {
    const { client, tokens, network, onSessionLost } = await signedIn();
    const { access_token } = await tokensIn(tokens);
    await client.forget();
    expect(await tokens.get()).toBeUndefined();
    expect(routes(network.sent)).toEqual(['POST /auth/login']);
    expect((await client.GET('/auth/me')).error?.code).toBe('authentication_required');
    const headers = { Authorization: `Bearer ${access_token}` };
    expect((await client.GET('/auth/me', { headers })).data?.username).toBe('ada');
    expect(onSessionLost).not.toHaveBeenCalled();
  });

  test('during a refresh is not undone by its response', async () => {
    const { client, tokens, network } = await signedInLongAgo();
    const call = await network.hold('answer', REFRESH, () => client.GET('/auth/me'));
    await client.forget();
    expect((await call.finish()).error?.code).toBe('access_token_expired');
    expect(await tokens.get()).toBeUndefined();
  });
});

describe('todos', () => {
  test('are read page by page with the same query', async () => {
    const { client, network } = await signedIn();
    const titles = ['page 1', 'page 2', 'page 3', 'page 4', 'page 5'];
    for (const title of titles) await client.POST('/todos', { body: { title } });
    const query = { q: 'page', sort: 'created_at', limit: 2 } as const;
    const seen: string[] = [];
    for await (const { title } of client.todos(query)) {
      seen.push(title);
      expect(network.to('GET /todos')).toHaveLength(Math.ceil(seen.length / 2));
    }
    expect(seen).toEqual(titles);
    for (const { query } of network.to('GET /todos')) {
      expect(query.toString()).toMatch(/^q=page&sort=created_at&limit=2(?:&cursor=[^&]+)?$/);
    }
  });

  test('start at the given cursor', async () => {
    const { client } = await signedIn();
    for (const title of ['start 1', 'start 2']) await client.POST('/todos', { body: { title } });
    const query = { q: 'start', sort: 'created_at', limit: 1 } as const;
    const cursor = nextCursor((await client.GET('/todos', { params: { query } })).response);
    const seen: string[] = [];
    for await (const { title } of client.todos({ ...query, cursor: String(cursor) }))
      seen.push(title);
    expect(seen).toEqual(['start 2']);
  });

  test('yields nothing for an empty list', async () => {
    const { client } = await signedIn();
    expect(await titlesWith(client, 'no such text')).toEqual([]);
  });

  test('throw the problem of the service', async () => {
    const { client } = await signedIn();
    const page = client.todos({ limit: 101 }).next();
    await expect(page).rejects.toBeInstanceOf(ProblemError);
    await expect(page).rejects.toMatchObject({
      response: { status: 400 },
      problem: { code: 'invalid_request' },
    });
  });

  test('throws the error of fetch', async () => {
    const { client, network } = await signedIn();
    network.next('GET /todos', unreachable);
    await expect(client.todos().next()).rejects.toThrow('fetch failed');
  });
});
