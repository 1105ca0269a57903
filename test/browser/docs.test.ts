// The interactive reference in a real browser, which must be on the machine: Chromium or Chrome,
// found under the usual names or where CHROME_PATH says.
//
//   npm run test:browser
//   SCREENSHOT=test/browser/reference.png npm run test:browser     also takes the README's picture
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from '../harness.ts';
import { PATIENCE } from '../patience.ts';
import { launchChromium } from './chromium.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

test('who logs in by "try it out" may call the other operations, with no other host asked', async () => {
  // The page calls the address that it came from, so the address must be one and the same.
  await using app = await startApp();
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
  page.setDefaultTimeout(PATIENCE.testTimeout);
  const hosts = new Set<string>();
  const faults: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).origin);
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });

  await page.goto(`${app.url}/docs`);
  expect(await page.title()).toBe('OpenAPI Todos');
  await execute('#operations-auth-login', 200);
  await execute('#operations-todos-listTodos', 200);
  await execute('#operations-auth-getCurrentUser', 200);
  expect(
    await page.locator('#operations-auth-getCurrentUser .live-responses-table').textContent(),
  ).toContain('testuser');
  expect([...hosts]).toEqual([app.url]);
  expect(faults).toEqual([]);

  const picture = process.env['SCREENSHOT'];
  if (picture) {
    const answer = page.locator('#operations-todos-listTodos .responses-wrapper');
    await answer.evaluate((element) => element.scrollIntoView());
    await page.screenshot({ path: picture });
  }

  async function execute(operation: string, status: number) {
    const block = page.locator(operation);
    await block.locator('.opblock-summary').first().click();
    await block.locator('button.execute').click();
    const answer = block.locator('.live-responses-table .response-col_status').nth(1);
    await answer.waitFor();
    expect(await answer.textContent()).toContain(String(status));
  }
});
