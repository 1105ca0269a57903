// The inspector in a real browser: what can be tried, and what it says.
import { expect, test } from 'vitest';
import { startService } from '../support/service.ts';
import { DEMO } from '../support/users.ts';
import { DEMO_TITLES, expectTitles, openInspector, signIn, usePages } from './page.ts';

const { openPage, openSignedIn } = await usePages();

/** Tries an experiment, and waits for a sentence that only the true outcome has. */
async function tryExperiment(name: string, sentence: RegExp, variables?: Record<string, string>) {
  const { page } = await openSignedIn(variables);
  await openInspector(page);
  await page.getByRole('button', { name }).click();
  const outcome = page.locator('.outcome');
  await expect.poll(() => outcome.textContent()).toMatch(sentence);
  return { page, outcome };
}

test.each([
  ['Expire the access token', /rejected it with 401.*repeated the request: 200/],
  ['Refresh now', /is spent, and .* is current/],
  ['Refresh from two tabs at once', /answered 200 and 200, with the same new refresh token/],
  ['Lose the answer and retry', /was answered with the same token/],
])('%s: the session stays', async (name, sentence) => {
  const { page, outcome } = await tryExperiment(name, sentence);
  expect(await outcome.textContent()).toContain('Rule:');
  await expect.poll(() => page.locator('.refresh-tokens li').count()).toBe(2);
  expect(await page.locator('.refresh-tokens .current .number').textContent()).toBe('2');
  await page.reload();
  await expectTitles(page, DEMO_TITLES);
});

test.each([
  ['Replay an old refresh token', /answered 401\. The session ended at once: .* 401/],
  [
    'Sign out and try again',
    /answered 401 \(“You have been logged out.*refresh token was answered 401/,
  ],
])('%s: the session ends', async (name, sentence) => {
  const { page } = await tryExperiment(name, sentence);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await page.locator('.refresh-tokens .current').count()).toBe(0);
  await signIn(page);
  await expectTitles(page, DEMO_TITLES);
});

test('with a reuse leeway of 0, a refresh from two tabs ends the session', async () => {
  const sentence = /200 and 401|401 and 200/;
  const variables = { REFRESH_GRACE_SECONDS: '0' };
  const { outcome } = await tryExperiment('Refresh from two tabs at once', sentence, variables);
  expect(await outcome.textContent()).toContain('reuse leeway to 0');
});

test('the inspector shows every request with its response, and no secret', async () => {
  const { page } = await openSignedIn();
  await openInspector(page);
  await page.getByRole('button', { name: 'Refresh now' }).click();
  await page.getByText('is current').waitFor();
  const lines = page.locator('.exchanges summary');
  await expect.poll(() => lines.allTextContents()).toHaveLength(3);
  const [refresh, list, login] = await lines.allTextContents();
  expect(refresh).toMatch(/POST\s*\/auth\/refresh\s*200/);
  expect(list).toMatch(/GET\s*\/todos\?\S*\s*200/);
  expect(login).toMatch(/POST\s*\/auth\/login\s*200/);
  for (const line of await lines.all()) await line.click();
  const text = await page.locator('.exchanges').innerText();
  expect(text).toContain('Authorization: Bearer eyJhbG…');
  expect(text).toContain('Idempotency-Key: ');
  expect(text).toContain('"title": "Buy milk"');
  expect(text).toContain(`"username": "${DEMO.username}"`);
  expect(text).not.toContain(DEMO.password);
  expect(text).not.toMatch(/[0-9a-f]{64}|eyJ[\w-]+\.[\w-]+\./);
});

test('the access token is decoded and its time runs out', async () => {
  await using service = await startService();
  const page = await openPage(service);
  await page.clock.install();
  await signIn(page);
  await openInspector(page);
  await page.getByText('decoded').click();
  expect(await page.locator('.inspector pre').first().textContent()).toContain('"sub": "testuser"');
  const clock = page.locator('.clock');
  await expect.poll(() => clock.textContent()).toMatch(/^14:|^15:00/);
  await page.clock.fastForward('10:00');
  await expect.poll(() => clock.textContent()).toMatch(/^4:|^5:00/);
  await page.clock.fastForward('10:00');
  await expect.poll(() => clock.textContent()).toBe('expired');
});

test('the inspector takes the focus when it opens and gives it back when it closes', async () => {
  await using service = await startService();
  const page = await openPage(service);
  await openInspector(page);
  const isFocused = (selector: string) =>
    page.locator(selector).evaluate((element) => element.matches(':focus'));
  await expect.poll(() => isFocused('#inspector-title')).toBe(true);
  await page.keyboard.press('Escape');
  await expect.poll(() => isFocused('.inspector-toggle')).toBe(true);
});
