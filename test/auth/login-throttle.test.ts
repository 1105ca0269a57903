import { expect, test, vi } from 'vitest';
import { RequestQueue } from '../../src/server/request-queue.ts';
import { call } from '../support/http.ts';
import { startService, type TestService } from '../support/service.ts';
import { DEMO, signedInClient } from '../support/users.ts';

const PROXIED = { TRUSTED_PROXIES: '127.0.0.1', LOGIN_FREE_FAILURES: '5' };

/** A service with a stopped clock: a second later one more attempt would be accepted. */
async function startStill(variables: Record<string, string>) {
  const service = await startService(variables);
  service.clock.stop();
  return service;
}

/** A login from an address; the test takes the place of the trusted proxy. */
async function login(service: TestService, username: string, password: string, from = '192.0.2.1') {
  const { status, headers, text } = await call(service.url, 'POST /auth/login', {
    body: { username, password },
    headers: { 'X-Forwarded-For': from },
  });
  const body: { code?: string; detail?: string } = JSON.parse(text);
  const wait = headers.get('Retry-After');
  return { status, body, wait: wait === null ? undefined : Number(wait) };
}

async function fail(service: TestService, times: number, username: string, from?: string) {
  const answers = [];
  for (let i = 0; i < times; i += 1) answers.push(await login(service, username, 'wrong', from));
  return answers;
}

test.each([DEMO.username, 'nobody'])(
  'five wrong passwords for %s cause no delay; from then on each failure doubles it',
  async (name) => {
    await using service = await startStill(PROXIED);
    const free = await fail(service, 6, name);
    expect(free.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);

    for (const delay of [1, 2, 4, 8]) {
      const refused = await fail(service, 2, name.toUpperCase());
      for (const { status, wait, body } of refused) {
        expect(status).toBe(429);
        expect(wait).toBe(delay);
        expect(body).toMatchObject({
          code: 'too_many_requests',
          detail: 'Too many attempts. Please try again later.',
        });
      }
      service.clock.advance(delay + 0.1);
      expect((await login(service, name, 'wrong')).status).toBe(401);
    }
  },
);

test.each([3600, 10])(
  'a login delay is at most 15 minutes, and ends when its failures are an hour old, %i s later',
  async (seconds) => {
    await using service = await startStill(PROXIED);
    const row = { points: 500, expire: service.clock.now() + seconds * 1000 };
    await fail(service, 1, DEMO.username);
    await service.db
      .updateTable('rate_limits')
      .set(row)
      .where('key', 'like', 'login-here:%')
      .execute();
    expect((await fail(service, 2, DEMO.username)).at(-1)?.wait).toBe(900);
    service.clock.advance(seconds + 0.1);
    expect((await fail(service, 5, DEMO.username)).at(-1)?.status).toBe(401);
  },
);

test('during a login delay the right password waits too, and its attempt is refunded', async () => {
  await using service = await startStill(PROXIED);
  const { username, password } = DEMO;
  await fail(service, 6, username);
  expect((await login(service, username, password)).status).toBe(429);
  service.clock.advance(1.1);
  for (let i = 0; i < 10; i += 1)
    expect((await login(service, username, password)).status).toBe(200);
  // Its failures are still there: the next one is the seventh, and the one after it has to wait.
  expect((await login(service, username, 'wrong')).status).toBe(401);
  expect((await login(service, username, 'wrong')).wait).toBe(2);
});

test('parallel login attempts are each counted before their password is checked', async () => {
  await using service = await startStill(PROXIED);
  const answers = await Promise.all(
    // So many may wait in the password queue; of more some would be rejected.
    Array.from({ length: 12 }, () => login(service, DEMO.username, 'wrong')),
  );
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(6);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(6);
});

/** For whom places in the password queue are asked for, from now to the end of the block. */
function watchPasswordQueue() {
  const acquire = vi.spyOn(RequestQueue.prototype, 'acquire');
  return {
    networks: () => acquire.mock.calls.flatMap(([, network]) => network ?? []),
    [Symbol.dispose]: () => acquire.mockRestore(),
  };
}

test('150 logins from a delayed address take no place in the password queue', async () => {
  await using service = await startStill(PROXIED);
  await fail(service, 7, 'nobody');
  using queue = watchPasswordQueue();
  const storm = Array.from({ length: 150 }, () => login(service, 'nobody', 'wrong'));
  const honest = login(service, DEMO.username, DEMO.password, '198.51.100.7');
  expect(new Set((await Promise.all(storm)).map(({ status }) => status))).toEqual(new Set([429]));
  expect((await honest).status).toBe(200);
  expect(queue.networks()).toEqual(['198.51.100.7']);
});

test('logins of one IPv6 /64 network have the same key in the password queue', async () => {
  await using service = await startStill(PROXIED);
  using queue = watchPasswordQueue();
  for (const from of ['2001:db8::1', '2001:db8::2']) await login(service, 'nobody', 'wrong', from);
  expect(queue.networks()).toEqual(['20010db800000000', '20010db800000000']);
});

/** Registers a user, from the address of the test. */
async function register(service: TestService, username: string) {
  const body = { username, password: 'a password of some length' };
  const { response } = await service.client().POST('/auth/register', { body });
  return { status: response.status, wait: Number(response.headers.get('Retry-After')) };
}

test('registrations from one address are limited, and a delayed one takes no place in the password queue', async () => {
  await using service = await startStill({ LOGIN_FREE_FAILURES_PER_ADDRESS: '3' });
  for (const name of ['user1', 'user2', 'user3', 'user4']) {
    expect((await register(service, name)).status).toBe(201);
  }
  using queue = watchPasswordQueue();
  expect(await register(service, 'user5')).toEqual({ status: 429, wait: 1 });
  expect(queue.networks()).toEqual([]);
});

test('32 logins at once with the right password are all accepted: waiting in the queue is not counted', async () => {
  await using service = await startService();
  const { username, password } = DEMO;
  const logins = Array.from({ length: 32 }, () => service.client().login(username, password));
  const statuses = (await Promise.all(logins)).map(({ response }) => response.status);
  expect(new Set(statuses)).toEqual(new Set([200]));
});

test('wrong passwords from other networks do not lock the owner of the account out', async () => {
  await using service = await startStill(PROXIED);
  const { username, password } = DEMO;
  expect((await login(service, username, password, '198.51.100.7')).status).toBe(200);
  const addresses = Array.from({ length: 25 }, (_, n) => `203.0.113.${n}`);
  for (const address of addresses) await fail(service, 5, username, address);
  // From all addresses together that is too much: a new one has to wait,
  expect((await fail(service, 2, username, '192.0.2.99')).at(-1)?.status).toBe(429);
  // but not one that the owner has signed in from.
  expect((await login(service, username, password, '198.51.100.7')).status).toBe(200);
});

test('the owner of an account is recognized by the network of the address', async () => {
  await using service = await startStill({ ...PROXIED, LOGIN_FREE_FAILURES: '1' });
  const { username, password } = DEMO;
  expect((await login(service, username, password, '2001:db8::1')).status).toBe(200);
  for (let n = 0; n < 21; n += 1) await fail(service, 1, username, `203.0.113.${n}`);
  expect((await fail(service, 1, username, '2001:db8:0:1::1'))[0]?.status).toBe(429);
  expect((await login(service, username, password, '2001:db8::2')).status).toBe(200);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8::1', '[2001:db8::1]'],
])('another port of %s is not another address', async (address, written) => {
  await using service = await startStill({ ...PROXIED, LOGIN_FREE_FAILURES: '1' });
  for (const port of [1, 2]) await fail(service, 1, DEMO.username, `${written}:${port}`);
  expect((await fail(service, 1, DEMO.username, `${written}:3`))[0]?.status).toBe(429);
  const events = await service.db.selectFrom('audit_events').select('address').execute();
  expect(events).toEqual([{ address }, { address }]);
});

test('an attempt that one limit rejects is not counted by the other limits', async () => {
  await using service = await startStill({ ...PROXIED, LOGIN_FREE_FAILURES_PER_ADDRESS: '8' });
  await fail(service, 5, DEMO.username);
  await fail(service, 4, 'nobody'); // the ninth failure has taken the one place of the address
  expect((await login(service, DEMO.username, 'wrong')).status).toBe(429);
  const places = service.db
    .selectFrom('rate_limits')
    .select('key')
    .where('key', 'like', '%-pause:%');
  expect(await places.execute()).toMatchObject([{ key: 'login-address-pause:192.0.2.1' }]);
  expect((await login(service, DEMO.username, DEMO.password)).wait).toBe(1);
});

test('one address is delayed after wrong passwords for many usernames', async () => {
  await using service = await startStill({ ...PROXIED, LOGIN_FREE_FAILURES_PER_ADDRESS: '10' });
  for (let n = 0; n < 11; n += 1) {
    expect((await login(service, `name${n}`, 'wrong', '2001:db8::1')).status).toBe(401);
  }
  expect((await login(service, 'another', 'wrong', '2001:db8::ffff')).status).toBe(429);
  expect((await login(service, 'another', 'wrong', '2001:db8:0:1::1')).status).toBe(401);
});

test('without a trusted proxy X-Forwarded-For is ignored', async () => {
  await using service = await startStill({ LOGIN_FREE_FAILURES: '5' });
  for (let n = 0; n < 6; n += 1) await login(service, 'nobody', 'wrong', `192.0.2.${n}`);
  expect((await login(service, 'nobody', 'wrong', '192.0.2.100')).status).toBe(429);
});

test('a wrong current password in PUT /auth/password counts like a wrong login', async () => {
  await using service = await startStill({ LOGIN_FREE_FAILURES: '5' });
  const client = await signedInClient(service);
  const change = (current: string) =>
    client.PUT('/auth/password', {
      body: { current_password: current, new_password: 'an even longer sentence' },
    });
  for (let n = 0; n < 6; n += 1) expect((await change('wrong')).response.status).toBe(403);
  const { response } = await change(DEMO.password);
  expect(response.status).toBe(429);
  expect(response.headers.get('Retry-After')).toBe('1');
  service.clock.advance(1.1);
  expect((await change(DEMO.password)).response.status).toBe(204);
});

test('rejected refresh tokens have their own limit, which delays no valid token', async () => {
  await using service = await startStill({
    REFRESH_GRACE_SECONDS: '0',
    REFRESH_FREE_FAILURES: '3',
    LOGIN_FREE_FAILURES: '1',
  });
  const client = service.client();
  const { data } = await client.login(DEMO.username, DEMO.password);
  const refresh = (token = '') => client.POST('/auth/refresh', { body: { refresh_token: token } });
  for (let n = 0; n < 4; n += 1) expect((await refresh('junk')).response.status).toBe(401);
  for (let n = 0; n < 3; n += 1) {
    const { response, error } = await refresh('junk');
    expect(response.status).toBe(429);
    expect(response.headers.get('Retry-After')).toBe('1');
    expect(error).toMatchObject({ code: 'too_many_requests' });
  }
  const next = await refresh(data?.refresh_token);
  expect(next.response.status).toBe(200);
  expect((await client.login(DEMO.username, DEMO.password)).response.status).toBe(200);

  // A reuse is answered with 429 as well; it ends the session all the same.
  expect((await refresh(data?.refresh_token)).response.status).toBe(429);
  service.clock.advance(1.1);
  expect((await refresh(next.data?.refresh_token)).response.status).toBe(401);
});

test('a clock that is set back by two days: no login delay is longer than 15 minutes', async () => {
  await using service = await startStill({ ...PROXIED, LOGIN_FREE_FAILURES_PER_ADDRESS: '3' });
  for (const name of ['user1', 'user2', 'user3', 'user4']) await register(service, name);
  await fail(service, 5, DEMO.username);
  service.clock.advance(-2 * 86_400);
  const { wait } = await login(service, DEMO.username, 'wrong');
  expect(wait).toBeGreaterThanOrEqual(1);
  expect(wait).toBeLessThanOrEqual(900);
  expect((await register(service, 'user5')).wait).toBeLessThanOrEqual(60);
  service.clock.advance(60.1); // the delays are over, not two days later
  expect((await register(service, 'user6')).status).toBe(201);
});

test('a clock that is set back by two days: a rejected refresh waits a minute at most', async () => {
  await using service = await startStill({ REFRESH_FREE_FAILURES: '1' });
  const junk = async () => {
    const body = { refresh_token: 'junk' };
    const { response } = await service.client().POST('/auth/refresh', { body });
    return { status: response.status, wait: Number(response.headers.get('Retry-After')) };
  };
  for (let n = 0; n < 3; n += 1) await junk();
  expect((await junk()).status).toBe(429);
  service.clock.advance(-2 * 86_400);
  expect((await junk()).wait).toBeLessThanOrEqual(60);
  service.clock.advance(60.1);
  expect((await junk()).status).toBe(401);
});

test('login counters in the database contain no username and no password', async () => {
  await using service = await startStill({ LOGIN_FREE_FAILURES: '5' });
  await fail(service, 1, DEMO.username);
  const rows = await service.db.selectFrom('rate_limits').selectAll().execute();
  expect(rows).toHaveLength(3);
  expect(JSON.stringify(rows)).not.toContain(DEMO.username);
});
