import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { listEvents } from '../../src/auth/audit.ts';
import { DEMO, startApp } from '../harness.ts';

test('the trail tells what happened, to which session, from where, and holds no secret', async () => {
  await using app = await startApp();
  const credentials = { username: 'ada', password: 'a password of some length' };
  const client = app.client();
  await client.POST('/auth/register', { body: credentials });
  await client.login('ada', 'wrong');
  const { data: first } = await client.login('ada', credentials.password);
  const old = { body: { refresh_token: first?.refresh_token ?? '' } };
  const { data: pair } = await client.POST('/auth/refresh', old);
  await client.POST('/auth/refresh', old); // a replay: the session ends
  await client.login('ada', credentials.password);
  const change = (current: string) => ({
    body: { current_password: current, new_password: 'an even longer sentence' },
  });
  await client.PUT('/auth/password', change('wrong'));
  await client.PUT('/auth/password', change(credentials.password));
  await client.logout();

  const { id } = await app.db
    .selectFrom('users')
    .select('id')
    .where('username', '=', 'ada')
    .executeTakeFirstOrThrow();
  const events = (await listEvents(app.db, id, 100)).reverse();
  expect(events.map(({ event }) => event)).toEqual([
    'registered',
    'sign_in_refused',
    'signed_in',
    'refreshed',
    'refresh_token_reused',
    'signed_in',
    'password_change_refused',
    'password_changed',
    'session_revoked',
  ]);
  for (const { address, request_id } of events) {
    expect(address).toBe('127.0.0.1');
    expect(request_id).not.toBe('');
  }
  const sessions = events.map(({ session_id }) => session_id);
  expect(new Set([sessions[2], sessions[3], sessions[4]]).size).toBe(1);
  expect(new Set([sessions[5], sessions[7], sessions[8]]).size).toBe(1);
  const trail = JSON.stringify(await app.db.selectFrom('audit_events').selectAll().execute());
  const secrets = [credentials.password, first, pair].flatMap((x) =>
    typeof x === 'string' ? [x] : Object.values(x ?? {}),
  );
  expect(secrets).toHaveLength(5);
  for (const secret of secrets) expect(trail).not.toContain(secret);
});

test('refusals of names and tokens that nobody has are told, too', async () => {
  await using app = await startApp();
  await app.client().login('nobody', DEMO.password);
  await app.client().POST('/auth/refresh', { body: { refresh_token: 'junk' } });
  const events = await app.db.selectFrom('audit_events').selectAll().orderBy('id').execute();
  expect(events).toMatchObject([
    { event: 'sign_in_refused', user_id: null, session_id: null },
    { event: 'refresh_refused', user_id: null, session_id: null },
  ]);
});

test('a name whose registration could not be told is still free', async () => {
  await using app = await startApp();
  const register = async () => {
    const body = { username: 'ada', password: 'a password of some length' };
    return (await app.client().POST('/auth/register', { body })).response.status;
  };
  await sql`create trigger full before insert on audit_events
    begin select raise(abort, 'of the test'); end`.execute(app.db);
  expect(await register()).toBe(500);
  await sql`drop trigger full`.execute(app.db);
  expect(await register()).toBe(201);
  expect(await register()).toBe(409);
});
