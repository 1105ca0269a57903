// The todos of the page in a real browser. A test waits for what is to be seen, never for a time.
import { expect, test } from 'vitest';
import { startService } from '../support/service.ts';
import { signedInClient } from '../support/users.ts';
import { DEMO_TITLES, expectNotice, expectTitles, signIn, usePages } from './page.ts';

const { openPage, openSignedIn } = await usePages();

test('the demo user signs in with one press and sees the todos', async () => {
  const { page } = await openSignedIn();
  await expectTitles(page, DEMO_TITLES);
  expect(await page.title()).toBe('Todos · OpenAPI Todos');
});

test('a new user registers, sees the errors of the service, and gets an empty list', async () => {
  await using service = await startService();
  const page = await openPage(service);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Invalid username or password').waitFor();
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('Username').fill('ada');
  await page.getByLabel('Password').fill('password123');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('This password is too common').waitFor();
  await page.getByLabel('Password').fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('No todos yet.').waitFor();
});

test('without registration and without a demo user, the page offers neither', async () => {
  const variables = { HOST: '0.0.0.0', JWT_SECRET: 'a secret of the tests, long enough' };
  await using service = await startService({ ...variables, REGISTRATION: 'false' });
  const page = await openPage({ url: `http://127.0.0.1:${new URL(service.url).port}` });
  expect(await page.getByLabel('Username').inputValue()).toBe('');
  expect(await page.getByRole('button', { name: 'Create an account' }).count()).toBe(0);
});

test('todos are added, checked, edited and deleted', async () => {
  const { page } = await openSignedIn();
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
  await expectTitles(page, ['Water all plants', 'Generate a client', 'Try the API']);
  await page.reload();
  await expectTitles(page, ['Water all plants', 'Generate a client', 'Try the API']);
  expect(await page.getByLabel('Done: Water all plants').isChecked()).toBe(true);
  await page.getByRole('button', { name: 'Delete all finished' }).click();
  await expectTitles(page, ['Generate a client']);
});

test('every action works with the keyboard only', async () => {
  await using service = await startService();
  const page = await openPage(service);
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent?.trim();
    });
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await page.getByLabel('Password').focus();
  await press('Enter');
  await expectTitles(page, DEMO_TITLES);
  await page.getByLabel('New todo').focus();
  await page.keyboard.type('Ring grandma');
  await press('Enter');
  await expectTitles(page, ['Ring grandma', ...DEMO_TITLES]);
  await page.getByLabel('Done: Ring grandma').focus();
  await press('Space');
  await expectTitles(page, ['Ring grandma', ...DEMO_TITLES]);
  expect(await page.getByLabel('Done: Ring grandma').isChecked()).toBe(true);
  await press('Tab', 'Enter');
  await page.getByLabel('Title').waitFor();
  expect(await page.getByLabel('Title').evaluate((field) => field.matches(':focus'))).toBe(true);
  await press('Escape');
  await expect.poll(focused).toBe('Edit Ring grandma'); // the text of the body would contain it, too
  await press('Tab', 'Enter');
  await expectTitles(page, DEMO_TITLES);
  await expect.poll(focused).toBe('Delete Buy milk');
});

test('todos are searched and filtered', async () => {
  const { page } = await openSignedIn();
  await page.getByLabel('Search todos').fill('BLUE');
  await expectTitles(page, ['Buy milk']);
  await page.getByRole('button', { name: 'Finished', exact: true }).click();
  await page.getByText('Nothing matches.').waitFor();
  await page.getByLabel('Search todos').fill('');
  await expectTitles(page, ['Try the API']);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expectTitles(page, ['Buy milk', 'Generate a client']);
});

test('a long list loads page by page while it is scrolled', async () => {
  await using service = await startService();
  const client = await signedInClient(service);
  for (let n = 1; n <= 70; n += 1) await client.POST('/todos', { body: { title: `Todo ${n}` } });
  const page = await openPage(service);
  await signIn(page);
  const rows = page.locator('.item');
  expect(await rows.count()).toBeLessThan(70);
  await expect
    .poll(async () => {
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      return rows.count();
    })
    .toBe(73);
  expect(await rows.last().textContent()).toContain('Try the API');
});

test('a change is shown at once, and undone when the service rejects it', async () => {
  const { service, page } = await openSignedIn({ MAX_TODOS: '3' });
  // One too many: the row goes, and the text is back in its field.
  await page.getByLabel('New todo').fill('One too many');
  await page.keyboard.press('Enter');
  await expectNotice(page, 'Not added');
  await expectTitles(page, DEMO_TITLES);
  expect(await page.getByLabel('New todo').inputValue()).toBe('One too many');
  // Deleted elsewhere, seen before the answer comes.
  const client = await signedInClient(service);
  await client.DELETE('/todos');
  const refusal = Promise.withResolvers<void>();
  await page.route('**/todos/*', async (route) => {
    await refusal.promise;
    await route.continue();
  });
  const box = page.getByLabel('Done: Buy milk');
  await box.check();
  expect(await page.locator('.item[aria-busy=true]').count()).toBe(1);
  refusal.resolve();
  await expectNotice(page, 'There is no such todo');
  await expect.poll(() => box.isChecked()).toBe(false);
});

test('a todo that could not be deleted is back in its place', async () => {
  const { page } = await openSignedIn();
  await page.route('**/todos/*', (route) => route.abort(), { times: 1 });
  await page.getByRole('button', { name: 'Delete Generate a client' }).click();
  await expectNotice(page, '“Generate a client” was not deleted');
  await expectTitles(page, DEMO_TITLES);
});

test.each([
  { choice: 'Keep mine', title: 'Buy oat milk' },
  { choice: 'Take theirs', title: 'Buy soy milk' },
])('an edit that conflicts with another change shows both: $choice', async ({ choice, title }) => {
  const { service, page } = await openSignedIn();
  await page.getByRole('button', { name: 'Edit Buy milk' }).click();
  await page.getByLabel('Title').fill('Buy oat milk');
  const client = await signedInClient(service);
  const { data = [] } = await client.GET('/todos', { params: { query: { q: 'milk' } } });
  const params = { path: { todo_id: data[0]?.id ?? '' } };
  await client.PATCH('/todos/{todo_id}', { params, body: { title: 'Buy soy milk' } });
  await page.getByRole('button', { name: 'Save' }).click();
  const conflict = page.getByRole('alert').filter({ hasText: 'changed somewhere else' });
  await conflict.waitFor();
  expect(await conflict.textContent()).toContain('Buy soy milk');
  expect(await conflict.textContent()).toContain('412');
  expect(await page.getByLabel('Title').inputValue()).toBe('Buy oat milk');
  await page.getByRole('button', { name: choice }).click();
  await expectTitles(page, [title, 'Generate a client', 'Try the API']);
  await page.reload();
  await expectTitles(page, [title, 'Generate a client', 'Try the API']);
});
