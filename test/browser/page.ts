// The page in a browser, as the tests use it: by roles and names, as a screen reader does.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterEach, expect, onTestFinished } from 'vitest';
import { startService } from '../support/service.ts';
import { PATIENCE } from '../support/timeouts.ts';
import { startSharedBrowser } from './chromium.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The demo user's todos, the newest first. */
export const DEMO_TITLES = ['Buy milk', 'Generate a client', 'Try the API'];

/** Pages for the tests of a file. A test fails if its pages throw, or ask another host. */
export async function usePages() {
  const browser = await startSharedBrowser();
  let faults: string[] = [];
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(faults.splice(0)).toEqual([]);
  });

  /** Opens a tab of its own browser context. Other tabs of the context share its sign-in. */
  async function openPage({ url }: { url: string }, options?: BrowserContextOptions) {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(PATIENCE.expect.poll.timeout);
    faults = [];
    context.on('request', (request) => {
      if (new URL(request.url()).origin !== url) faults.push(`it asks ${request.url()}`);
    });
    context.on('weberror', (error) => faults.push(error.error().message));
    context.on('console', (message) => {
      const isAnswer = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isAnswer) faults.push(message.text());
    });
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Opens a page of a new service, signed in as the demo user. */
  async function openSignedIn(variables?: Record<string, string>) {
    const service = await startService(variables);
    onTestFinished(service.close);
    const page = await openPage(service);
    await signIn(page);
    return { service, page };
  }

  return { openPage, openSignedIn };
}

/** Presses "Sign in" with what the page has filled in, and waits for the list. */
export async function signIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Todos', exact: true }).waitFor();
  await page.getByText('Loading…').waitFor({ state: 'detached' });
}

export async function openAccount(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Account' }).click();
  await page.getByText('This one', { exact: true }).waitFor();
}

export async function openInspector(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Inspector' }).click();
  await page.getByRole('heading', { name: 'Inspector' }).waitFor();
}

/** What axe finds wrong with the page as it is now: rules and elements. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** Waits until the list has these todos and no change is under way. */
export async function expectTitles(page: Page, expected: string[]): Promise<void> {
  await expect.poll(() => page.locator('.list .title').allTextContents()).toEqual(expected);
  await expect.poll(() => page.locator('.item[aria-busy=true]').count()).toBe(0);
}

/** Waits for a message at the edge of the page. */
export async function expectNotice(page: Page, text: string): Promise<void> {
  await page.locator('.notice', { hasText: text }).waitFor();
}
