// Two tabs of one browser on the store `browserTokens`.
import type { Page, Request } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startService } from '../support/service.ts';
import { DEMO } from '../support/users.ts';
import { PLAIN_HOST, startSharedBrowser } from './chromium.ts';
import { type ClientGlobals, openClientPage } from './client-page.ts';

// Globals of the pages.
declare const client: ClientGlobals['client'];
declare const tokens: ClientGlobals['tokens'];
declare const logins: ClientGlobals['logins'];
declare const losses: ClientGlobals['losses'];

const browser = await startSharedBrowser();

/** Two tabs on one service; the first has signed in. */
async function twoTabs({ host = 'localhost' } = {}) {
  const service = await startService();
  onTestFinished(service.close);
  const url = new URL(service.url);
  url.hostname = host;
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const sent: Request[] = [];
  context.on('request', (request) => sent.push(request));
  const refreshes = () => sent.filter((request) => request.url().endsWith('/auth/refresh'));
  const first = await openClientPage(context, url.origin);
  const second = await openClientPage(context, url.origin);
  await logIn(first);
  await expect.poll(() => loginsOf(second)).toHaveLength(1);
  return { service, context, first, second, refreshes };
}

const logIn = (page: Page) =>
  page.evaluate(({ username, password }) => client.login(username, password), DEMO);
const getMe = (page: Page) =>
  page.evaluate(async () => {
    const { data, error } = await client.GET('/auth/me');
    return data?.username ?? error?.code;
  });
const logOutOrFail = (page: Page) =>
  page.evaluate(() => client.logout().catch(({ message }: Error) => message));
const loginsOf = (page: Page) => page.evaluate(() => logins);
const lossesOf = (page: Page) => page.evaluate(() => losses);
const currentLogin = (page: Page) => page.evaluate(() => tokens.get()?.login_id);

test('a sign-in in one tab signs the other tab in', async () => {
  const { first, second } = await twoTabs();
  const login = await currentLogin(first);
  expect(login).toMatch(/^[0-9a-f]{32}$/);
  expect(await loginsOf(first)).toEqual([login]);
  expect(await loginsOf(second)).toEqual([login]);
  expect(await getMe(second)).toBe(DEMO.username);
});

describe('an expired access token', () => {
  test('is refreshed by one request for both tabs', async () => {
    const { service, first, second, refreshes } = await twoTabs();
    const rounds = 10;
    for (let round = 0; round < rounds; round += 1) {
      service.clock.advance(901);
      const names = await Promise.all([first, second].map(getMe));
      expect(names).toEqual([DEMO.username, DEMO.username]);
    }
    expect(refreshes()).toHaveLength(rounds);
    const login = [expect.any(String)]; // a refresh is no sign-in
    expect([await loginsOf(first), await loginsOf(second)]).toEqual([login, login]);
  });

  test('is refreshed without Web Locks, on a page over plain http', async () => {
    const { service, first, second, refreshes } = await twoTabs({ host: PLAIN_HOST });
    expect(await first.evaluate(() => 'locks' in navigator)).toBe(false);
    service.clock.advance(901);
    const names = await Promise.all([first, second].map(getMe));
    expect(names).toEqual([DEMO.username, DEMO.username]);
    const keys = refreshes().map((request) => request.headers()['idempotency-key']);
    expect(new Set(keys)).toHaveLength(1);
    expect(await currentLogin(first)).toBe(await currentLogin(second));
  });

  test('is refreshed by another tab if the first is closed during its refresh', async () => {
    const { service, first, second, refreshes } = await twoTabs();
    service.clock.advance(901);
    await first.route('**/auth/refresh', () => {}); // never answered
    const arrived = first.waitForRequest('**/auth/refresh');
    void getMe(first).catch(() => undefined); // the tab is closed before there is an answer
    await arrived;
    const name = getMe(second);
    await first.close();
    expect(await name).toBe(DEMO.username);
    expect(refreshes()).toHaveLength(2);
  });
});

describe('a sign-out', () => {
  test('in one tab signs the other tab out, which has lost no session', async () => {
    const { first, second } = await twoTabs();
    await first.evaluate(() => client.logout());
    await expect.poll(() => loginsOf(second)).toEqual([expect.any(String), undefined]);
    expect(await getMe(second)).toBe('authentication_required');
    expect([await lossesOf(first), await lossesOf(second)]).toEqual([0, 0]);
  });

  test('by forget() needs no network and signs the other tab out', async () => {
    const { context, first, second } = await twoTabs();
    await context.setOffline(true);
    expect(await logOutOrFail(first)).toBe('Failed to fetch');
    expect(await currentLogin(first)).toBeDefined();
    await first.evaluate(() => client.forget());
    await expect.poll(() => loginsOf(second)).toEqual([expect.any(String), undefined]);
    await context.setOffline(false);
    expect(await getMe(second)).toBe('authentication_required');
  });

  test('in one tab stays a sign-out when a refresh of the other tab ends after it', async () => {
    const { service, first, second } = await twoTabs();
    service.clock.advance(901);
    const answer = Promise.withResolvers<void>();
    await second.route('**/auth/refresh', async (route) => {
      const response = await route.fetch();
      await answer.promise;
      await route.fulfill({ response });
    });
    const fetched = second.waitForRequest('**/auth/refresh');
    const name = getMe(second);
    await fetched;
    await first.evaluate(() => client.forget());
    answer.resolve();
    expect(await name).toBe('access_token_expired');
    expect([await currentLogin(first), await currentLogin(second)]).toEqual([undefined, undefined]);
  });
});
