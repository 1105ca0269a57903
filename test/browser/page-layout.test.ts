// How the page looks and what it weighs, in a real browser. The pictures of the documentation are
// taken here, and a test fails when the page has changed since:
//
//   PICTURES=1 npm run test:browser    takes them again
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startService } from '../support/service.ts';
import { signedInClient } from '../support/users.ts';
import {
  accessibilityFaults,
  DEMO_TITLES,
  expectTitles,
  openAccount,
  openInspector,
  signIn,
  usePages,
} from './page.ts';

const { openPage } = await usePages();

const LONG_WORD = 'x'.repeat(200);

/** Everything that the page can show, one after the other. */
async function visit(page: Page, look: (place: string) => Promise<void>): Promise<void> {
  await look('the sign-in');
  await page.getByRole('button', { name: 'Create an account' }).click();
  await look('the registration');
  await page.getByRole('button', { name: 'I have an account' }).click();
  await signIn(page);
  await look('the todos');
  await page.getByRole('button', { name: 'Edit Buy milk' }).click();
  await page.getByLabel('Title').waitFor();
  await look('an edit');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByLabel('Search todos').fill('no such thing');
  await page.getByText('Nothing matches.').waitFor();
  await look('an empty list');
  await openAccount(page);
  await page.getByText('I want to delete my account').click();
  await look('the account');
  await openInspector(page);
  await page.getByRole('button', { name: 'Refresh now' }).click();
  await page.getByText('is current').waitFor();
  await page.getByText('decoded').click();
  await page.locator('.exchanges summary').first().click();
  await look('the inspector');
}

test.each([320, 480, 768, 1024, 1280, 1600])(
  'the page needs no horizontal scrolling at %i px',
  async (width) => {
    await using service = await startService();
    const client = await signedInClient(service);
    await client.POST('/todos', { body: { title: LONG_WORD, description: LONG_WORD } });
    const page = await openPage(service, { viewport: { width, height: 700 } });
    const tooWide: string[] = [];
    await visit(page, async (place) => {
      const scrolls = await page.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll('.inspector')].some(
          (element) => element.scrollWidth > element.clientWidth,
        ),
      );
      if (scrolls) tooWide.push(place);
    });
    expect(tooWide).toEqual([]);
  },
);

test.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 320],
] as const)(
  'axe finds no accessibility fault with the %s colours at %i px',
  async (colorScheme, width) => {
    await using service = await startService();
    const page = await openPage(service, { colorScheme, viewport: { width, height: 800 } });
    const faults: string[] = [];
    await visit(page, async (place) => {
      for (const fault of await accessibilityFaults(page)) faults.push(`${place}: ${fault}`);
    });
    expect(faults).toEqual([]);
  },
);

test('the page loads less than 60 kB, from this service only', async () => {
  await using service = await startService();
  const page = await openPage(service);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  const loaded = await page.evaluate(() =>
    ['navigation', 'resource']
      .flatMap((type) => performance.getEntriesByType(type) as PerformanceResourceTiming[])
      .map(({ name, encodedBodySize, transferSize }) => ({ name, encodedBodySize, transferSize })),
  );
  expect(loaded.length).toBeGreaterThan(20);
  const bytes = loaded.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(60_000);
  // All is there in one round trip after the page: no module waits for another one's imports.
  const parsed = loaded.filter(({ name }) => name.endsWith('.js')).length;
  expect(await page.locator('link[rel=modulepreload]').count()).toBe(parsed);

  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  const again = await page.evaluate(() =>
    (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      .filter(({ name, transferSize }) => name.includes('/assets/') && transferSize > 0)
      .map(({ name }) => name),
  );
  expect(again).toEqual([]);
});

const PICTURES = new URL('../../docs/images/', import.meta.url);

test('the pictures in the documentation are of the current page', async () => {
  const record = new URL('page.sha256', PICTURES);
  if (process.env['PICTURES']) {
    await takePictures();
    writeFileSync(record, `${hashOfSources()}\n`);
  }
  const advice = 'the page has changed: PICTURES=1 npm run test:browser takes the pictures again';
  expect(readFileSync(record, 'utf8').trim(), advice).toBe(hashOfSources());
});

/** Of all that decides how the page looks; the reference at /docs has files of its own there. */
function hashOfSources(): string {
  const folder = new URL('../../src/web/', import.meta.url);
  const hash = createHash('sha256');
  const names = readdirSync(folder).filter((name) => /^(?!reference|scalar).*\./.test(name));
  for (const name of names.sort()) hash.update(name).update(readFileSync(new URL(name, folder)));
  return hash.digest('hex');
}

async function takePictures(): Promise<void> {
  await using service = await startService();
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await openPage(service, { colorScheme, viewport: { width: 1280, height: 800 } });
    const take = async (name: string) =>
      page.screenshot({
        path: fileURLToPath(new URL(`page-${name}-${colorScheme}.png`, PICTURES)),
      });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await take('sign-in');
    await signIn(page);
    await expectTitles(page, DEMO_TITLES);
    await page.mouse.move(0, 0);
    await take('todos');
    await page.setViewportSize({ width: 1280, height: 960 });
    await openInspector(page);
    await page.getByRole('button', { name: 'Refresh from two tabs at once' }).click();
    await page.getByText('Rule:').waitFor();
    await take('inspector');
  }
}
