import { expect, test } from 'vitest';
import { purgeExpired } from '../../src/database/retention.ts';
import type { Database } from '../../src/database/schema.ts';
import { insertRows } from '../support/database.ts';
import { startService, type TestService } from '../support/service.ts';
import { DEMO } from '../support/users.ts';

const DAY = 86_400;

/** How many rows there are of what the retention job deletes. */
async function counts({ db }: TestService) {
  const count = async (table: keyof Database) =>
    (await db.selectFrom(table).selectAll().execute()).length;
  return {
    sessions: await count('sessions'),
    spent: await count('spent_refresh_tokens'),
    keys: await count('idempotency_keys'),
    counters: await count('rate_limits'),
    events: await count('audit_events'),
  };
}

/** A session with two spent tokens, a remembered key, counters and events. */
async function use(service: TestService) {
  const client = service.client();
  const login = await client.login(DEMO.username, DEMO.password);
  const params = { header: { 'Idempotency-Key': `key-${service.clock.now()}` } };
  await client.POST('/todos', { params, body: { title: 'One' } });
  let token = login.data?.refresh_token ?? '';
  for (let i = 0; i < 2; i += 1) {
    const { data } = await client.POST('/auth/refresh', { body: { refresh_token: token } });
    token = data?.refresh_token ?? '';
  }
}

test('the retention job deletes each kind of expired row after its time, and no live row', async () => {
  await using service = await startService();
  await use(service);
  const full = { sessions: 1, spent: 2, keys: 1, counters: 3, events: 3 };
  expect(await counts(service)).toEqual(full);
  expect(await purgeExpired(service.db, service.clock.now())).toBe(0);

  service.clock.advance(DAY + 1);
  await purgeExpired(service.db, service.clock.now());
  expect(await counts(service)).toEqual({ ...full, keys: 0, counters: 0 });

  service.clock.advance(58 * DAY); // idle for 30 days, and kept for 28 more
  await use(service);
  expect(await purgeExpired(service.db, service.clock.now())).toBe(0);

  service.clock.advance(2 * DAY);
  await purgeExpired(service.db, service.clock.now());
  expect(await counts(service)).toEqual({ sessions: 1, spent: 2, keys: 0, counters: 0, events: 6 });

  service.clock.advance(30 * DAY);
  await purgeExpired(service.db, service.clock.now());
  expect(await counts(service)).toMatchObject({ sessions: 1, events: 3 });
  service.clock.advance(90 * DAY);
  await purgeExpired(service.db, service.clock.now());
  expect(await counts(service)).toEqual({ sessions: 0, spent: 0, keys: 0, counters: 0, events: 0 });
});

test('the retention job deletes in batches, and stops after one when it is aborted', async () => {
  await using service = await startService();
  const event = {
    event: 'signed_in',
    user_id: null,
    session_id: null,
    address: '',
    request_id: '',
  };
  await insertRows(service.db, 'audit_events', 1200, (n) => ({ id: `${n}`, at: n, ...event }));
  let asked = 0;
  const stopAfterFirstBatch = () => {
    asked += 1;
    return asked > 5; // four tables before this one are found empty, the fifth question is its own
  };
  expect(await purgeExpired(service.db, service.clock.now(), stopAfterFirstBatch)).toBe(500);
  let turns = 0;
  let others = setImmediate(function count() {
    turns += 1;
    others = setImmediate(count);
  });
  expect(await purgeExpired(service.db, service.clock.now())).toBe(700);
  clearImmediate(others);
  expect(turns).toBeGreaterThan(0); // it has let others in between
});

test('the retention job revokes and audits a session with more than 50,000 spent tokens', async () => {
  await using service = await startService();
  const client = service.client();
  const { data } = await client.login(DEMO.username, DEMO.password);
  const session = await service.db
    .selectFrom('sessions')
    .select(['id', 'user_id'])
    .executeTakeFirstOrThrow();
  const { id: session_id, user_id } = session;
  const refreshed = { event: 'refreshed', address: '', request_id: '', session_id, user_id };
  const at = service.clock.now();
  await insertRows(service.db, 'audit_events', 1_001, (n) => ({
    id: `event ${n}`,
    at,
    ...refreshed,
  }));
  await insertRows(service.db, 'spent_refresh_tokens', 50_000, (n) => ({
    token_hash: `hash ${n}`,
    session_id,
  }));
  await purgeExpired(service.db, service.clock.now());
  const refresh = (refresh_token = '') => client.POST('/auth/refresh', { body: { refresh_token } });
  const next = await refresh(data?.refresh_token);
  expect(next.response.status).toBe(200); // and is one more spent token and event

  await purgeExpired(service.db, service.clock.now());
  expect((await refresh(next.data?.refresh_token)).response.status).toBe(401);
  const event = await service.db
    .selectFrom('audit_events')
    .select(['reason', 'session_id', 'user_id'])
    .where('event', '=', 'session_revoked')
    .execute();
  expect(event).toEqual([{ reason: 'limit', session_id, user_id }]);
});
