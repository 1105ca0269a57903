// Sessions, accounts and connections of the page in a real browser.
import { expect, test } from 'vitest';
import { freshFile } from '../support/database.ts';
import { startService } from '../support/service.ts';
import { DEMO, signedInClient } from '../support/users.ts';
import { DEMO_TITLES, expectNotice, expectTitles, openAccount, signIn, usePages } from './page.ts';

const { openPage, openSignedIn } = await usePages();

test('sessions are listed, one is ended, then all others', async () => {
  await using service = await startService();
  const clients = [
    await signedInClient(service),
    await signedInClient(service),
    await signedInClient(service),
  ];
  const page = await openPage(service);
  await signIn(page);
  await openAccount(page);
  const rows = page.locator('.sessions li');
  await expect.poll(() => rows.count()).toBe(4);
  expect(await rows.filter({ hasText: 'This one' }).textContent()).toContain('Chrome on Linux');
  expect(await rows.filter({ hasText: 'This one' }).getByRole('button').count()).toBe(0);
  await page
    .getByRole('button', { name: /^End the session/ })
    .first()
    .click();
  await expectNotice(page, 'has ended');
  await expect.poll(() => rows.count()).toBe(3);
  await page.getByRole('button', { name: 'Sign out everywhere else (2)' }).click();
  await expectNotice(page, 'All other sessions have ended.');
  await expect.poll(() => rows.count()).toBe(1);
  for (const client of clients) expect((await client.GET('/auth/me')).response.status).toBe(401);
});

test('the password is changed, and the other sessions end', async () => {
  await using service = await startService();
  const other = await signedInClient(service);
  const page = await openPage(service);
  await signIn(page);
  await openAccount(page);
  const form = page.getByRole('region', { name: 'Change the password' });
  await form.getByLabel('Current password').fill('wrong');
  await form.getByLabel('New password').fill('correct horse battery staple');
  await form.getByRole('button').click();
  await form.getByText('The current password is wrong').waitFor();
  await form.getByLabel('Current password').fill(DEMO.password);
  await form.getByRole('button').click();
  await expectNotice(page, 'Your password was changed');
  expect((await other.GET('/auth/me')).response.status).toBe(401);
  const again = await service.client().login(DEMO.username, 'correct horse battery staple');
  expect(again.response.status).toBe(200);
});

test('the account is deleted', async () => {
  const { service, page } = await openSignedIn();
  await openAccount(page);
  await page.getByText('I want to delete my account').click();
  const form = page.getByRole('region', { name: 'Delete the account' });
  await form.getByLabel('Current password').fill(DEMO.password);
  await form.getByRole('button').click();
  await expectNotice(page, 'Your account was deleted.');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect((await service.client().login(DEMO.username, DEMO.password)).response.status).toBe(401);
});

test('two tabs share a sign-in, an expired access token and a sign-out', async () => {
  await using service = await startService();
  const one = await openPage(service);
  await signIn(one);
  const other = await one.context().newPage();
  await other.goto(service.url);
  await expectTitles(other, DEMO_TITLES);
  service.clock.advance(901);
  await Promise.all([one.reload(), other.reload()]);
  await expectTitles(one, DEMO_TITLES);
  await expectTitles(other, DEMO_TITLES);
  await one.getByRole('button', { name: 'Sign out' }).click();
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expectTitles(one, DEMO_TITLES);
});

test('a session that was ended elsewhere: the page shows the sign-in', async () => {
  const { service, page } = await openSignedIn();
  await (await signedInClient(service)).DELETE('/auth/sessions');
  await page.getByRole('button', { name: 'Finished', exact: true }).click();
  await expectNotice(page, 'Your session has ended');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('a refresh whose response is lost is repeated, and the session lives', async () => {
  const { service, page } = await openSignedIn();
  service.clock.advance(901);
  const lost: number[] = [];
  await page.route(
    '**/auth/refresh',
    async (route) => {
      lost.push((await route.fetch()).status());
      service.clock.advance(60); // beyond the reuse leeway
      await route.abort();
    },
    { times: 1 },
  );
  await page.reload();
  await page.getByText('The service cannot be reached').first().waitFor();
  await expectTitles(page, DEMO_TITLES);
  expect(lost).toEqual([200]);
  expect(await page.getByText('The service cannot be reached').count()).toBe(0);
});

test('an outage is shown, what was typed is kept, and a restart is noticed', async () => {
  await using database = freshFile();
  const variables = { DATABASE_URL: database.url };
  await using first = await startService(variables);
  const page = await openPage(first);
  await signIn(page);
  await page.getByRole('button', { name: 'Edit Buy milk' }).click();
  await page.getByLabel('Notes').fill('Two of them');
  await first.close();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('What you have typed is kept').waitFor();
  expect(await page.getByLabel('Notes').inputValue()).toBe('Two of them');
  await page.getByLabel('New todo').fill('Typed while it was away');
  await page.keyboard.press('Enter');
  await expectNotice(page, 'Not added');
  expect(await page.getByLabel('New todo').inputValue()).toBe('Typed while it was away');

  await using second = await startService({ ...variables, PORT: new URL(first.url).port });
  expect(second.url).toBe(first.url);
  await page.getByText('What you have typed is kept').waitFor({ state: 'detached' });
  expect(await page.getByLabel('Notes').inputValue()).toBe('Two of them');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Two of them').waitFor();
  await page.reload();
  expect(await page.getByLabel('New todo').inputValue()).toBe('Typed while it was away');
});

test('a sign-out while the service is down is possible on this device only', async () => {
  const { service, page } = await openSignedIn();
  await service.close();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign out on this device only' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});
