// The page in a browser, as the tests use it: by roles and names, as a screen reader does.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { DEMO, type TestApp } from '../harness.ts';
import { PATIENCE } from '../patience.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A tab with the page. Other tabs of its context share its sign-in. */
export async function openPage(
  browser: Browser,
  { url }: Pick<TestApp, 'url'>,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(PATIENCE.expect.poll.timeout);
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** Presses "Sign in" with what the page has filled in, and waits for the list. */
export async function signIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Todos', exact: true }).waitFor();
}

/** What axe finds wrong with the page as it is now: rules and elements. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** The titles of the list, from its top. */
export function titles(page: Page): Promise<string[]> {
  return page.locator('.list .title').allTextContents();
}

/** Waits until the list has these todos and no change is under way. */
export async function expectTitles(page: Page, expected: string[]): Promise<void> {
  await expect.poll(() => titles(page)).toEqual(expected);
  await expect.poll(() => page.locator('.item[aria-busy=true]').count()).toBe(0);
}

/** What is in the database of the demo user, the newest first. */
export async function storedTitles(app: TestApp): Promise<string[]> {
  const client = app.client();
  await client.login(DEMO.username, DEMO.password);
  const titles: string[] = [];
  for await (const { title } of client.todos({ sort: '-created_at' })) titles.push(title);
  return titles;
}
