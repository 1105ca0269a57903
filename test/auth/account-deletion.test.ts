import { beforeEach, expect, test } from 'vitest';
import { hashPassword } from '../../src/auth/password.ts';
import { isOutage } from '../../src/database/errors.ts';
import { createTodo } from '../../src/todos/repository.ts';
import { BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startSharedService, stoppedClock } from '../support/service.ts';
import { pairOf, seedSession, seedUser } from '../support/users.ts';

// A user deletes the account: what goes, what stays, and what a request that is under way gets.

const PASSWORD = 'correct horse battery staple';

const app = await startSharedService(BEHIND_PROXY, { clock: stoppedClock() });
const hash = await hashPassword(PASSWORD);
let ada: { userId: string; username: string };
let session: Awaited<ReturnType<typeof seedSession>>;
let users = 0;
beforeEach(async () => {
  users += 1;
  ada = { userId: await seedUser(app.db, `ada${users}`), username: `ada${users}` };
  const update = app.db.updateTable('users').set({ password_hash: hash });
  await update.where('id', '=', ada.userId).execute();
  session = await seedSession(app.db, app.clock, ada);
});

const remove = (current_password = PASSWORD) =>
  call(app.url, 'DELETE /auth/me', { access: session.access, body: { current_password } });
const addTodo = (headers = {}) =>
  call(app.url, 'POST /todos', { access: session.access, body: { title: 'to go' }, headers });

const TABLES = [
  'users',
  'sessions',
  'spent_refresh_tokens',
  'todos',
  'idempotency_keys',
  'audit_events',
] as const;

/** The rows of every table as text. */
async function contents() {
  const tables = await Promise.all(
    TABLES.map(async (table) => {
      const rows = await app.db.selectFrom(table).selectAll().execute();
      return [table, rows.map((row) => JSON.stringify(row)).sort()] as const;
    }),
  );
  return Object.fromEntries(tables);
}

test('DELETE /auth/me deletes every row of the user except those of the audit log, which has no name', async () => {
  await app.db.deleteFrom('users').where('id', '!=', ada.userId).execute();
  const bob = { userId: await seedUser(app.db, 'bob'), username: 'bob' };
  await seedSession(app.db, app.clock, bob);
  const { audit_events: _, ...others } = await contents();
  const theirs = Object.entries(others).map(([table, rows]) => [
    table,
    rows.filter((row) => row.includes(bob.userId)),
  ]);
  await addTodo({ 'Idempotency-Key': 'a-key' });
  await refresh(app.url, session.refresh);
  expect((await remove()).status).toBe(204);
  const { audit_events: events = [], ...left } = await contents();
  expect(left).toEqual(Object.fromEntries(theirs));
  expect(events.filter((row) => row.includes(ada.userId)).join()).toMatch(/"account_deleted"/);
  expect(events.join()).not.toContain(ada.username);
});

test('DELETE /auth/me with a wrong password: 403, no row changes, and the audit log has an event', async () => {
  expect((await remove('a wrong password')).status).toBe(403);
  expect((await call(app.url, 'GET /auth/me', session)).status).toBe(200);
  const events = app.db.selectFrom('audit_events').select('event');
  expect(await events.where('user_id', '=', ada.userId).execute()).toEqual([
    { event: 'account_deletion_refused' },
  ]);
});

test('requests of a user at the same time as DELETE /auth/me are never answered with 500 and leave no row', async () => {
  const login = () =>
    call(app.url, 'POST /auth/login', { body: { username: ada.username, password: PASSWORD } });
  const meeting = [addTodo(), login(), refresh(app.url, session.refresh), remove(), remove()];
  meeting.push(...Array.from({ length: 8 }, () => addTodo()));
  const answers = await Promise.all(meeting);
  for (const { status } of answers) expect([200, 201, 204, 401, 403, 503]).toContain(status);
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  const { audit_events: _, ...left } = await contents();
  expect(JSON.stringify(left)).not.toContain(ada.userId);
});

test('an insert for a user who was deleted meanwhile counts as an outage: 503, not 500', async () => {
  const owner = { userId: 'nobody', maxTodos: 1 };
  const orphan = createTodo(app.db, owner, { title: '', description: '', done: false }, 0);
  const error: unknown = await orphan.catch((reason: unknown) => reason);
  expect(isOutage(error)).toBe(true);
});

test('after DELETE /auth/me the username is free, and its next owner has none of the old data', async () => {
  await addTodo();
  await remove();
  const body = { username: ada.username, password: PASSWORD };
  expect((await call(app.url, 'POST /auth/register', { body })).status).toBe(201);
  const { access_token: access } = pairOf(await call(app.url, 'POST /auth/login', { body }));
  expect((await call(app.url, 'GET /todos', { access })).text).toBe('[]');
});
