// The page for people in a real browser. Nothing here waits for a time, only for what is to be seen.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from '../harness.ts';
import { launchChromium } from './chromium.ts';
import { accessibilityFaults, expectTitles, openPage, signIn, storedTitles } from './page.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

const DEMO_TITLES = ['Buy milk', 'Generate a client', 'Try the API'];

test('the demo user signs in with one press and sees the todos', async () => {
  await using app = await startApp();
  const page = await openPage(browser, app);
  expect(await accessibilityFaults(page)).toEqual([]);
  await signIn(page);
  await expectTitles(page, DEMO_TITLES);
  expect(await accessibilityFaults(page)).toEqual([]);
});

test('todos are added, checked, edited and deleted', async () => {
  await using app = await startApp();
  const page = await openPage(browser, app);
  await signIn(page);
  await page.getByLabel('New todo').fill('Water the plants');
  await page.keyboard.press('Enter');
  await expectTitles(page, ['Water the plants', ...DEMO_TITLES]);
  await page.getByLabel('Done: Water the plants').check();
  await page.getByRole('button', { name: 'Edit Water the plants' }).click();
  await page.getByLabel('Title').fill('Water all plants');
  await page.getByLabel('Notes').fill('The cactus too');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The cactus too').waitFor();
  await page.getByRole('button', { name: 'Delete Buy milk' }).click();
  const expected = ['Water all plants', 'Generate a client', 'Try the API'];
  await expectTitles(page, expected);
  expect(await storedTitles(app)).toEqual(expected);
  expect(await page.getByLabel('Done: Water all plants').isChecked()).toBe(true);
});
