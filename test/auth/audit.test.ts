import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { listEvents } from '../../src/auth/audit.ts';
import { startSession } from '../../src/auth/session-repository.ts';
import { sweep } from '../../src/database/sweep.ts';
import { DEMO, startApp, type TestApp } from '../harness.ts';

test('the trail tells what happened, to which session, from where, and holds no secret', async () => {
  await using app = await startApp({ REFRESH_GRACE_SECONDS: '0' });
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

  const events = (await listEvents(app.db, await idOf(app, 'ada'), 100)).reverse();
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
  expect(events.map(({ reason }) => reason).filter(Boolean)).toEqual(['logout']);
  for (const { address, request_id } of events) {
    expect(address).toBe('127.0.0.1');
    expect(request_id).not.toBe('');
  }
  const sessions = events.map(({ session_id }) => session_id);
  expect(new Set([sessions[2], sessions[3], sessions[4]]).size).toBe(1);
  expect(new Set(sessions.slice(5)).size).toBe(1);
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
  await app.db.schema.alterTable('audit_events').renameTo('elsewhere').execute();
  expect(await register()).toBe(500);
  await app.db.schema.alterTable('elsewhere').renameTo('audit_events').execute();
  expect(await register()).toBe(201);
  expect(await register()).toBe(409);
});

async function idOf(app: TestApp, username: string): Promise<string> {
  const user = app.db.selectFrom('users').select('id').where('username', '=', username);
  return (await user.executeTakeFirstOrThrow()).id;
}

test('a user has a hundred sessions at most: the next ends the one unused for longest', async () => {
  await using app = await startApp();
  const userId = await idOf(app, DEMO.username);
  const lifetimes = { idle: 86_400_000, absolute: 86_400_000, reuseLeeway: 0 };
  const client = { address: '192.0.2.1', userAgent: '' };
  const ids = [];
  for (let n = 0; n < 100; n += 1) {
    const now = app.clock.now() - 1_000_000 + n;
    ids.push((await startSession(app.db, { userId, client, now, lifetimes })).session.id);
  }
  const owner = app.client();
  await owner.login(DEMO.username, DEMO.password);
  const { data } = await owner.GET('/auth/sessions');
  const alive = data?.map(({ id }) => id) ?? [];
  expect(alive).toHaveLength(100);
  expect(alive.slice(1)).toEqual(ids.slice(1).reverse());
  const [newest] = await listEvents(app.db, userId, 1);
  expect(newest).toMatchObject({ event: 'session_revoked', reason: 'limit', session_id: ids[0] });
});

test('the trail says why a session ended', async () => {
  await using app = await startApp();
  const client = app.client();
  await app.client().login(DEMO.username, DEMO.password);
  await client.login(DEMO.username, DEMO.password);
  const body = { current_password: DEMO.password, new_password: 'an even longer sentence' };
  await client.PUT('/auth/password', { body });
  await client.DELETE('/auth/sessions');
  const events = await listEvents(app.db, await idOf(app, DEMO.username), 100);
  const reasons = events.filter(({ event }) => event === 'session_revoked');
  expect(reasons.map(({ reason }) => reason)).toEqual(['logout_all', 'password_change']);
});

test('nobody’s events push out the trail of others', async () => {
  await using app = await startApp();
  const now = app.clock.now();
  const write = (who: string | null, count: number) =>
    sql`insert into audit_events (id, at, event, user_id, address, request_id)
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})
      select ${`${who}-`} || n, cast(${now} as bigint) - n, 'refreshed', ${who}, '', '' from numbers`.execute(
      app.db,
    );
  await write('ada', 3);
  await write('bob', 3000);
  await write('eve', 1001);
  await write(null, 50_001);
  await sweep(app.db, now);
  const counts = app.db
    .selectFrom('audit_events')
    .select(['user_id', ({ fn }) => fn.countAll().as('count')])
    .groupBy('user_id');
  const byUser = (await counts.execute()).map(({ user_id, count }) => [user_id, count]);
  expect(Object.fromEntries(byUser)).toEqual({ null: 50_000, ada: 3, bob: 1000, eve: 1000 });
  expect((await listEvents(app.db, 'bob', 1))[0]?.at).toBe(now - 1);
});

test('a refused token of a session that has ended is told of its user', async () => {
  await using app = await startApp();
  const client = app.client();
  const { data } = await client.login(DEMO.username, DEMO.password);
  await client.logout();
  await app.client().POST('/auth/refresh', { body: { refresh_token: data?.refresh_token ?? '' } });
  const events = await app.db.selectFrom('audit_events').selectAll().orderBy('id').execute();
  const [signedIn, , refused] = events;
  expect(refused).toMatchObject({
    event: 'refresh_refused',
    user_id: signedIn?.user_id,
    session_id: signedIn?.session_id,
  });
});
