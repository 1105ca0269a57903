// The interactive reference at /docs in a real browser.
//
//   npm run test:browser
//   SCREENSHOT=docs/images/reference.png npm run test:browser     also takes the picture of the docs
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { startService } from '../support/service.ts';
import { PATIENCE } from '../support/timeouts.ts';
import { PLAIN_HOST, startSharedBrowser } from './chromium.ts';

const browser = await startSharedBrowser();

async function openReference({ width = 1280, host = 'localhost' } = {}) {
  const service = await startService({ ALLOWED_HOSTS: '*' });
  onTestFinished(service.close);
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(PATIENCE.testTimeout);
  /** The origins that pages have asked. */
  const hosts = new Set<string>();
  const faults: string[] = [];
  context.on('request', (request) => {
    if (/^https?:/.test(request.url())) hosts.add(new URL(request.url()).origin);
  });
  context.on('weberror', (error) => faults.push(error.error().message));
  const page = await context.newPage();
  await page.goto(`http://${host}:${new URL(service.url).port}/docs`);
  await page.getByRole('heading', { name: 'OpenAPI Todos' }).waitFor();
  return { service, page, hosts, faults };
}

async function signIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('Signed in as testuser').waitFor();
}

/** Opens an operation, sends it as it stands there, and waits for the status of the answer. */
async function tryOperation(page: Page, hash: string, status: string): Promise<void> {
  await page.evaluate((target) => {
    location.hash = target;
  }, hash);
  await page.locator(`section[id$="${hash}"] button:has-text("Test Request")`).click();
  await page
    .getByRole('button', { name: /^\s*Send/ })
    .filter({ visible: true })
    .first()
    .click();
  await page.getByText(status).filter({ visible: true }).first().waitFor();
  await page.keyboard.press('Escape');
}

test('a reader who signs in can try the operations, and no other host is asked', async () => {
  const { service, page, hosts, faults } = await openReference();
  await signIn(page);
  await tryOperation(page, 'tag/todos/GET/todos', '200 OK');
  await tryOperation(page, 'tag/auth/GET/auth/me', '200 OK');
  expect([...hosts]).toEqual([service.url]);
  expect(faults).toEqual([]);
  const picture = process.env['SCREENSHOT'];
  if (picture) await page.screenshot({ path: picture });
});

test('a sign-in is kept across reloads, and its access token is refreshed', async () => {
  const { service, page } = await openReference();
  await signIn(page);
  service.clock.advance(16 * 60_000); // the access token has expired
  await page.reload();
  await page.getByText('Signed in as testuser').waitFor();
  const refreshed = page.waitForResponse((response) => response.url().endsWith('/auth/refresh'));
  await tryOperation(page, 'tag/auth/GET/auth/me', '200 OK');
  expect((await refreshed).status()).toBe(200);
});

test.each(['localhost', PLAIN_HOST])(
  'a login that is tried at %s signs the reader in',
  async (host) => {
    const { page } = await openReference({ host });
    await tryOperation(page, 'tag/auth/POST/auth/login', '200 OK');
    await page.getByText('Signed in as testuser').waitFor();
  },
);

test('a wrong password: the reference shows the message of the service', async () => {
  const { page } = await openReference();
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('Invalid username or password').waitFor();
});

test.each([320, 390, 1280])(
  'the reference needs no horizontal scrolling at %i px',
  async (width) => {
    const { page } = await openReference({ width });
    const scrollWidth = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await scrollWidth()).toBe(width);
    await signIn(page);
    expect(await scrollWidth()).toBe(width);
  },
);
