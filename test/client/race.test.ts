import { expect, test } from 'vitest';
import { keys, PASSWORD, REFRESH, titlesWith, tokensIn, useService } from './setup.ts';
import { held, spoiledToken } from './wire.ts';

// What happens to tokens that change while a renewal is under way.
const { signedIn, secondTab, expireAccessTokens } = useService();

test('a login stays, and what the old login asked for is not done in its name', async () => {
  const { client, tokens, wire, onSessionLost } = await signedIn();
  expireAccessTokens();
  const refresh = held('answer');
  wire.next(REFRESH, refresh.fault);
  const call = client.POST('/todos', { body: { title: 'of ada' } });
  await refresh.arrived;
  await client.login('bob', PASSWORD);
  const ofBob = await tokensIn(tokens);
  refresh.release();
  expect((await call).error?.code).toBe('access_token_expired');
  expect(await tokens.get()).toEqual(ofBob);
  expect(await titlesWith(client, 'of ada')).toEqual([]);
  expect(onSessionLost).not.toHaveBeenCalled();
});

test('a login stays though the refresh of the old one is refused', async () => {
  const { client, tokens, wire, onSessionLost } = await signedIn();
  expireAccessTokens();
  await tokens.set({ ...(await tokensIn(tokens)), refresh_token: '0'.repeat(64) });
  const refresh = held('request');
  wire.next(REFRESH, refresh.fault);
  const call = client.GET('/auth/me');
  await refresh.arrived;
  await client.login('bob', PASSWORD);
  refresh.release();
  expect((await call).response.status).toBe(401);
  expect((await client.GET('/auth/me')).data?.username).toBe('bob');
  expect(onSessionLost).not.toHaveBeenCalled();
});

test('a login has a renewal of its own', async () => {
  const { client, wire } = await signedIn();
  expireAccessTokens();
  const first = held('answer');
  wire.next(REFRESH, first.fault);
  const ofAda = client.GET('/auth/me');
  await first.arrived;
  await client.login('bob', PASSWORD);
  expireAccessTokens();
  expect((await client.GET('/auth/me')).data?.username).toBe('bob');
  first.release();
  expect((await ofAda).response.status).toBe(401);
  expect(wire.to(REFRESH)).toHaveLength(2);
});

test('a sign-out stays', async () => {
  const { client, tokens, wire, onSessionLost } = await signedIn();
  wire.next('GET /auth/me', spoiledToken);
  const refresh = held('answer');
  wire.next(REFRESH, refresh.fault);
  const call = client.GET('/auth/me');
  await refresh.arrived;
  expect((await client.logout()).response.status).toBe(200);
  refresh.release();
  expect((await call).response.status).toBe(401);
  expect(await tokens.get()).toBeUndefined();
  expect(onSessionLost).not.toHaveBeenCalled();
});

test('tokens that another tab has put into the store stay, and are used', async () => {
  const { client, tokens, wire } = await signedIn();
  expireAccessTokens();
  const refresh = held('answer');
  wire.next(REFRESH, refresh.fault);
  const call = client.GET('/auth/me');
  const pair = await (await refresh.arrived)?.json();
  const ofTab = { ...(await tokensIn(tokens)), ...pair, refresh_key: 'of-the-other-tab' };
  await tokens.set(ofTab);
  refresh.release();
  expect((await call).response.status).toBe(200);
  expect(await tokens.get()).toEqual(ofTab);
});

test('two tabs on one store renew under one key, and both go on', async () => {
  const one = await signedIn();
  const { client, wire, onSessionLost } = one;
  const tab = secondTab(one);
  expireAccessTokens();
  const [first, second] = [held('answer'), held('answer')];
  wire.next(REFRESH, first.fault, second.fault);
  const calls = [client.GET('/auth/me'), tab.GET('/auth/me')];
  await Promise.all([first.arrived, second.arrived]);
  expect(new Set(keys(wire.to(REFRESH))).size).toBe(1);
  second.release();
  first.release();
  for (const { response } of await Promise.all(calls)) expect(response.status).toBe(200);
  expireAccessTokens();
  expect((await tab.GET('/auth/me')).response.status).toBe(200);
  expect((await client.GET('/auth/me')).response.status).toBe(200);
  expect(onSessionLost).not.toHaveBeenCalled();
});
