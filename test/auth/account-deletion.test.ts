import { expect, test } from 'vitest';
import { hashPassword } from '../../src/auth/password.ts';
import { isOutage } from '../../src/database/errors.ts';
import { createTodo } from '../../src/todos/repository.ts';
import { BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startSharedService, stoppedClock } from '../support/service.ts';
import { PASSWORD, pairOf, seedSession, seedUser } from '../support/users.ts';

// A user deletes the account: what goes, what stays, and what a request that is under way gets.

const service = await startSharedService(BEHIND_PROXY, { clock: stoppedClock() });
const passwordHash = await hashPassword(PASSWORD);

/** A new user who is signed in. */
async function setUp() {
  const user = await seedUser(service.db, { passwordHash });
  const session = await seedSession(service, user);
  const { access } = session;
  return {
    ...user,
    session,
    remove: (current_password = PASSWORD) =>
      call(service.url, 'DELETE /auth/me', { access, body: { current_password } }),
    addTodo: (headers = {}) =>
      call(service.url, 'POST /todos', { access, body: { title: 'to go' }, headers }),
  };
}

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
      const rows = await service.db.selectFrom(table).selectAll().execute();
      return [table, rows.map((row) => JSON.stringify(row)).sort()] as const;
    }),
  );
  return Object.fromEntries(tables);
}

test('DELETE /auth/me deletes every row of the user except those of the audit log, which has no name', async () => {
  await seedSession(service, await seedUser(service.db));
  const { audit_events: _, ...before } = await contents();
  const { userId, username, session, remove, addTodo } = await setUp();
  await addTodo({ 'Idempotency-Key': 'a-key' });
  await refresh(service.url, session.refresh);
  expect((await remove()).status).toBe(204);
  const { audit_events: events = [], ...after } = await contents();
  expect(after).toEqual(before);
  expect(events.filter((row) => row.includes(userId)).join()).toMatch(/"account_deleted"/);
  expect(events.join()).not.toContain(username);
});

test('DELETE /auth/me with a wrong password: 403, no row changes, and the audit log has an event', async () => {
  const { userId, session, remove } = await setUp();
  expect((await remove('a wrong password')).status).toBe(403);
  expect((await call(service.url, 'GET /auth/me', session)).status).toBe(200);
  const events = service.db.selectFrom('audit_events').select('event');
  expect(await events.where('user_id', '=', userId).execute()).toEqual([
    { event: 'account_deletion_refused' },
  ]);
});

test('requests of a user at the same time as DELETE /auth/me are never answered with 500 and leave no row', async () => {
  const { userId, username, session, remove, addTodo } = await setUp();
  const login = () =>
    call(service.url, 'POST /auth/login', { body: { username, password: PASSWORD } });
  const meeting = [addTodo(), login(), refresh(service.url, session.refresh), remove(), remove()];
  meeting.push(...Array.from({ length: 8 }, () => addTodo()));
  const answers = await Promise.all(meeting);
  for (const { status } of answers) expect([200, 201, 204, 401, 403, 503]).toContain(status);
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  const { audit_events: _, ...left } = await contents();
  expect(JSON.stringify(left)).not.toContain(userId);
});

test('an insert for a user who was deleted meanwhile counts as an outage: 503, not 500', async () => {
  const owner = { userId: 'nobody', maxTodos: 1 };
  const orphan = createTodo(service.db, owner, { title: '', description: '', done: false }, 0);
  const error: unknown = await orphan.catch((reason: unknown) => reason);
  expect(isOutage(error)).toBe(true);
});

test('after DELETE /auth/me the username is free, and its next owner has none of the old data', async () => {
  const { username, remove, addTodo } = await setUp();
  await addTodo();
  await remove();
  const body = { username, password: PASSWORD };
  expect((await call(service.url, 'POST /auth/register', { body })).status).toBe(201);
  const { access_token: access } = pairOf(await call(service.url, 'POST /auth/login', { body }));
  expect((await call(service.url, 'GET /todos', { access })).text).toBe('[]');
});
