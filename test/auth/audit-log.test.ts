import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { listNewestEvents } from '../../src/auth/audit-repository.ts';
import { purgeExpired } from '../../src/database/retention.ts';
import { startService, type TestService } from '../support/service.ts';
import { DEMO, seedSession, signedInClient } from '../support/users.ts';

test('the audit log has the event, session and address of each action, and no secret', async () => {
  await using service = await startService({ REFRESH_GRACE_SECONDS: '0' });
  const credentials = { username: 'ada', password: 'a password of some length' };
  const client = service.client();
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

  const events = (await listNewestEvents(service.db, await idOf(service, 'ada'), 100)).reverse();
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
  const auditLog = JSON.stringify(
    await service.db.selectFrom('audit_events').selectAll().execute(),
  );
  const secrets = [credentials.password, first, pair].flatMap((x) =>
    typeof x === 'string' ? [x] : Object.values(x ?? {}),
  );
  expect(secrets).toHaveLength(5);
  for (const secret of secrets) expect(auditLog).not.toContain(secret);
});

test('rejected sign-ins and refreshes of unknown names and tokens are logged', async () => {
  await using service = await startService();
  await service.client().login('nobody', DEMO.password);
  await service.client().POST('/auth/refresh', { body: { refresh_token: 'junk' } });
  const events = await service.db.selectFrom('audit_events').selectAll().orderBy('id').execute();
  expect(events).toMatchObject([
    { event: 'sign_in_refused', user_id: null, session_id: null },
    { event: 'refresh_refused', user_id: null, session_id: null },
  ]);
});

test('a registration that cannot be logged is rolled back: the name is still free', async () => {
  await using service = await startService();
  const register = async () => {
    const body = { username: 'ada', password: 'a password of some length' };
    return (await service.client().POST('/auth/register', { body })).response.status;
  };
  await service.db.schema.alterTable('audit_events').renameTo('elsewhere').execute();
  expect(await register()).toBe(500);
  await service.db.schema.alterTable('elsewhere').renameTo('audit_events').execute();
  expect(await register()).toBe(201);
  expect(await register()).toBe(409);
});

async function idOf(service: TestService, username: string): Promise<string> {
  const user = service.db.selectFrom('users').select('id').where('username', '=', username);
  return (await user.executeTakeFirstOrThrow()).id;
}

test('the 101st session of a user ends the one that was used the longest ago', async () => {
  await using service = await startService();
  const { username } = DEMO;
  const userId = await idOf(service, username);
  const ids = [];
  for (let n = 0; n < 100; n += 1) {
    service.clock.advance(1);
    ids.push((await seedSession(service, { userId, username })).id);
  }
  const owner = await signedInClient(service);
  const { data } = await owner.GET('/auth/sessions');
  const alive = data?.map(({ id }) => id) ?? [];
  expect(alive).toHaveLength(100);
  expect(alive.slice(1)).toEqual(ids.slice(1).reverse());
  const [newest] = await listNewestEvents(service.db, userId, 1);
  expect(newest).toMatchObject({ event: 'session_revoked', reason: 'limit', session_id: ids[0] });
});

test('the audit log has the reason of each session revocation', async () => {
  await using service = await startService();
  const client = service.client();
  await service.client().login(DEMO.username, DEMO.password);
  await client.login(DEMO.username, DEMO.password);
  const body = { current_password: DEMO.password, new_password: 'an even longer sentence' };
  await client.PUT('/auth/password', { body });
  await client.DELETE('/auth/sessions');
  const events = await listNewestEvents(service.db, await idOf(service, DEMO.username), 100);
  const reasons = events.filter(({ event }) => event === 'session_revoked');
  expect(reasons.map(({ reason }) => reason)).toEqual(['logout_all', 'password_change']);
});

/** Writes events of a user, one a millisecond, the last one now. */
function write(service: TestService, event: string, userId: string | null, count: number) {
  const now = service.clock.now();
  return sql`insert into audit_events (id, at, event, user_id, address, request_id)
    with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})
    select ${`${userId}-${event}-`} || n, cast(${now} as bigint) - n, ${event}, ${userId}, '', '' from numbers`.execute(
    service.db,
  );
}

/** How many events of each kind each user has. */
async function counts(service: TestService) {
  const rows = await service.db
    .selectFrom('audit_events')
    .select(['user_id', 'event', ({ fn }) => fn.countAll<number>().as('count')])
    .groupBy(['user_id', 'event'])
    .execute();
  return Object.fromEntries(
    rows.map(({ user_id, event, count }) => [`${user_id} ${event}`, count]),
  );
}

test('audit retention keeps the newest 1,000 events of each user and kind, and 50,000 of unknown users', async () => {
  await using service = await startService();
  service.clock.stop();
  await write(service, 'refreshed', 'bob', 3000);
  await write(service, 'refreshed', 'eve', 1001);
  await write(service, 'signed_in', 'eve', 3);
  await write(service, 'sign_in_refused', null, 50_001);
  await purgeExpired(service.db, service.clock.now());
  expect(await counts(service)).toEqual({
    'bob refreshed': 1000,
    'eve refreshed': 1000,
    'eve signed_in': 3,
    'null sign_in_refused': 50_000,
  });
  const newest = await listNewestEvents(service.db, 'bob', 1);
  expect(newest[0]?.at).toBe(service.clock.now() - 1);
});

test('audit retention keeps the first detected token reuse, whatever events follow', async () => {
  await using service = await startService();
  await write(service, 'refresh_token_reused', 'ada', 1200);
  await write(service, 'signed_in', 'ada', 1200);
  await purgeExpired(service.db, service.clock.now());
  expect(await counts(service)).toEqual({
    'ada refresh_token_reused': 1200,
    'ada signed_in': 1000,
  });
});

test('audit retention deletes events above the total limit from the largest groups, not the oldest events', async () => {
  await using service = await startService();
  const ada = { user_id: 'ada', session_id: null, address: '', request_id: '', reason: null };
  const old = { ...ada, id: 'ada', at: service.clock.now() - 86_400_000, event: 'signed_in' };
  await service.db.insertInto('audit_events').values(old).execute();
  await write(service, 'refresh_token_reused', 'bob', 300);
  for (let stranger = 0; stranger < 210; stranger += 1) {
    await write(service, 'signed_in', `stranger${stranger}`, 1000);
  }
  await purgeExpired(service.db, service.clock.now());
  const left = await counts(service);
  expect(left).toMatchObject({ 'ada signed_in': 1, 'bob refresh_token_reused': 300 });
  expect(Object.values(left).reduce((sum, count) => sum + count)).toBe(200_000);
  expect(Math.min(...Object.values(left).filter((count) => count > 300))).toBeGreaterThanOrEqual(
    500,
  );
});

test('a rejected refresh that is answered with 429 writes no event', async () => {
  await using service = await startService({ REFRESH_FREE_FAILURES: '2' });
  service.clock.stop();
  const body = { refresh_token: 'junk' };
  const statuses = [];
  for (let n = 0; n < 6; n += 1) {
    statuses.push((await service.client().POST('/auth/refresh', { body })).response.status);
  }
  expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
  expect(await counts(service)).toEqual({ 'null refresh_refused': 3 });
});

test('a rejected token of an ended session is logged with its user and session', async () => {
  await using service = await startService();
  const client = service.client();
  const { data } = await client.login(DEMO.username, DEMO.password);
  await client.logout();
  await service
    .client()
    .POST('/auth/refresh', { body: { refresh_token: data?.refresh_token ?? '' } });
  const events = await service.db.selectFrom('audit_events').selectAll().orderBy('id').execute();
  const [signedIn, , refused] = events;
  expect(refused).toMatchObject({
    event: 'refresh_refused',
    user_id: signedIn?.user_id,
    session_id: signedIn?.session_id,
  });
});
