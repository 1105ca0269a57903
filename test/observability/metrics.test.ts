import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { databaseError, driverMethods, ENGINE, FAULTS } from '../support/database.ts';
import { breakDatabase } from '../support/database-faults.ts';
import { send } from '../support/http.ts';
import { startService, type TestService } from '../support/service.ts';
import { DEMO, PASSWORD } from '../support/users.ts';

/** All series of `/metrics`, with their values. */
async function scrape({ metricsUrl }: TestService): Promise<Map<string, number>> {
  const response = await fetch(metricsUrl);
  expect(response.status).toBe(200);
  expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = (await response.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(
    lines.map((line): [string, number] => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** The series of that metric that have changed, and by how much. */
function rises(name: string, before: Map<string, number>, after: Map<string, number>) {
  const own = [...after].filter(([series]) => series.startsWith(name));
  const changed = own.map(([series, value]) => [
    series.slice(name.length),
    value - (before.get(series) ?? 0),
  ]);
  return Object.fromEntries(changed.filter(([, rise]) => rise !== 0));
}

const EVENTS = 'auth_events_total';

/** The next so many commits fail, up to the end of the `using` block. */
function breakCommits(code: string, times: number): Disposable {
  let left = times;
  const { target, names } = driverMethods();
  const spies = names.map((name) => {
    const original = target[name];
    return vi.spyOn(target, name).mockImplementation(function (
      this: { source?: string }, // a statement of SQLite's; a client of PostgreSQL gets the text
      ...parameters: unknown[]
    ) {
      const isCommit = (this.source ?? parameters[0]) === 'commit';
      if (!isCommit || left === 0) return original.apply(this, parameters);
      left -= 1;
      throw databaseError(code, 'of the test');
    });
  });
  return {
    [Symbol.dispose]() {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

describe('/metrics counts audit events', () => {
  test('by their name, and revocations by their reason', async () => {
    await using service = await startService({ REFRESH_GRACE_SECONDS: '0' });
    const before = await scrape(service);
    const client = service.client();
    await client.POST('/auth/register', { body: { username: 'ada', password: PASSWORD } });
    await client.login('ada', 'wrong');
    for (const end of ['reuse', 'logout', 'logout_all', 'one of them'] as const) {
      const { data } = await client.login('ada', PASSWORD);
      const spent = { body: { refresh_token: data?.refresh_token ?? '' } };
      const params = { header: { 'Idempotency-Key': 'a-key' } };
      await client.POST('/auth/refresh', { ...spent, params });
      await client.POST('/auth/refresh', { ...spent, params });
      if (end === 'reuse') await client.POST('/auth/refresh', spent);
      if (end === 'logout') await client.logout();
      if (end === 'logout_all') await client.DELETE('/auth/sessions');
    }
    const change = (current: string) => ({
      body: { current_password: current, new_password: `${PASSWORD}s` },
    });
    await client.PUT('/auth/password', change('wrong'));
    await service.client().login('ada', PASSWORD);
    await client.PUT('/auth/password', change(PASSWORD));
    await client.POST('/auth/refresh', { body: { refresh_token: 'junk' } });

    expect(rises(EVENTS, before, await scrape(service))).toEqual({
      '{event="registered"}': 1,
      '{event="sign_in_refused"}': 1,
      '{event="signed_in"}': 5,
      '{event="refreshed"}': 4,
      '{event="refresh_repeated"}': 4,
      '{event="refresh_token_reused"}': 1,
      '{event="refresh_refused"}': 1,
      '{event="session_revoked",reason="logout"}': 1,
      '{event="session_revoked",reason="logout_all"}': 1,
      '{event="session_revoked",reason="password_change"}': 1,
      '{event="password_changed"}': 1,
      '{event="password_change_refused"}': 1,
    });
  });

  test('after the commit only, not those that were rolled back', async () => {
    await using service = await startService();
    const { data } = await service.client().login(DEMO.username, DEMO.password);
    const before = await scrape(service);
    using _broken = breakCommits(FAULTS.outages[0], 1);
    const body = { refresh_token: data?.refresh_token ?? '' };
    const { response } = await service.client().POST('/auth/refresh', { body });
    expect(response.status).toBe(503);
    const after = await scrape(service);
    expect(rises(EVENTS, before, after)).toEqual({});
    expect(rises('database_failures_total', before, after)).toEqual({ '{kind="statement"}': 1 });
  });

  test('once, however often their transaction was retried', async () => {
    await using service = await startService();
    const { data } = await service.client().login(DEMO.username, DEMO.password);
    const before = await scrape(service);
    using _broken = breakCommits(FAULTS.contention, 2);
    const body = { refresh_token: data?.refresh_token ?? '' };
    const { response } = await service.client().POST('/auth/refresh', { body });
    expect(response.status).toBe(200);
    const after = await scrape(service);
    expect(rises(EVENTS, before, after)).toEqual({ '{event="refreshed"}': 1 });
    expect(rises('database_retries_total', before, after)).toEqual({ '{cause="contention"}': 2 });
    expect(rises('database_failures_total', before, after)).toEqual({});
  });
});

test('/metrics has each series of a counter from 0, so that the first event is an increase', async () => {
  await using service = await startService();
  const series = await scrape(service);
  const events = [...series].filter(([name]) => name.startsWith(EVENTS));
  expect(events.map(([, value]) => value)).toEqual(Array(16).fill(0));
  const kinds = ['pool', 'connection', 'statement'];
  for (const name of [
    ...kinds.map((kind) => `database_failures_total{kind="${kind}"}`),
    ...['passwords', 'others'].map((queue) => `http_requests_shed_total{lane="${queue}"}`),
    'sweep_failures_total',
  ]) {
    expect(series.get(name), name).toBe(0);
  }
});

test('/metrics counts requests by operation and status, and those that failed because of the database', async () => {
  await using service = await startService();
  const before = await scrape(service);
  for (const code of [FAULTS.outages[0], FAULTS.bug]) {
    using _broken = breakDatabase(code);
    await send(service, { path: '/readyz' });
  }
  await send(service, { path: '/auth/me' });
  await send(service, { path: '/nowhere/a-secret' });
  const after = await scrape(service);
  expect(rises('database_failures_total', before, after)).toEqual({ '{kind="statement"}': 1 });
  expect(rises('http_request_duration_seconds_count', before, after)).toEqual({
    '{operation="getReadiness",status="503"}': 1,
    '{operation="getReadiness",status="500"}': 1,
    '{operation="getCurrentUser",status="401"}': 1,
    '{operation="none",status="404"}': 1,
    '{operation="none",status="200"}': 1, // of /metrics, before
  });
});

test('/metrics has the running and waiting requests that hash a password', async () => {
  await using service = await startService({ LOGIN_FREE_FAILURES: '1000' });
  const counts = async () => {
    const metrics = await scrape(service);
    return ['running', 'waiting'].map((state) =>
      metrics.get(`http_requests{lane="passwords",state="${state}"}`),
    );
  };
  expect(await counts()).toEqual([0, 0]);
  const logins = Array.from({ length: 40 }, () =>
    service.client().POST('/auth/login', { body: { username: 'nobody', password: 'wrong' } }),
  );
  const areBothCounted = async () => (await counts()).every((count = 0) => count > 0);
  await expect.poll(areBothCounted, { interval: 1 }).toBe(true);
  await Promise.all(logins);
  expect(await counts()).toEqual([0, 0]);
});

test('/metrics has the database connections where there is a pool', async () => {
  await using service = await startService();
  const use = async () => {
    const metrics = await scrape(service);
    return ['busy', 'idle', 'waiting'].map((state) =>
      metrics.get(`database_pool_connections{state="${state}"}`),
    );
  };
  if (ENGINE === 'sqlite') {
    expect(await use()).toEqual([undefined, undefined, undefined]);
    return;
  }
  const trx = await service.db.startTransaction().execute();
  const [busy, idle] = await use();
  await trx.rollback().execute();
  expect(busy).toBe(1);
  expect(await use()).toEqual([0, 1 + (idle ?? 0), 0]);
});

test('/metrics has the results and the errors of the retention job', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  await using service = await startService();
  const never = await scrape(service);
  expect(never.get('sweep_last_success_timestamp_seconds')).toBe(0);
  {
    using _outage = breakDatabase(FAULTS.bug);
    vi.advanceTimersByTime(60_000);
    await expect
      .poll(() => service.log.join(''), { interval: 2 })
      .toContain('retention job failed');
  }
  const failed = await scrape(service);
  expect(failed.get('sweep_failures_total')).toBe(1);
  expect(failed.get('sweep_last_success_timestamp_seconds')).toBe(0);

  await service.client().login('nobody', 'wrong'); // three counters of failures
  service.clock.advance(86_400);
  const begin = Date.now() / 1000;
  vi.advanceTimersByTime(60_000);
  let metrics = await scrape(service);
  const last = async () => {
    metrics = await scrape(service);
    return metrics.get('sweep_last_success_timestamp_seconds');
  };
  await expect.poll(last, { interval: 2 }).toBeGreaterThanOrEqual(begin);
  expect(metrics.get('sweep_deleted_rows_total')).toBe(3);
  expect(metrics.get('sweep_duration_seconds')).toBeGreaterThan(0);
});

test('/metrics has the event loop lag, the memory and the CPU time', async () => {
  await using service = await startService();
  const names = [...(await scrape(service)).keys()];
  expect(names).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(names).toContain('process_resident_memory_bytes');
  expect(names).toContain('process_cpu_seconds_total');
});

describe('METRICS_PORT', () => {
  test('serves /metrics on its own port only', async () => {
    await using service = await startService({ METRICS_PORT: '0' });
    await send(service, { path: '/healthz' });
    const own = { url: new URL(service.metricsUrl).origin };
    expect(own.url).not.toBe(service.url);
    expect((await send(service, { path: '/metrics' })).status).toBe(404);
    const metrics = await scrape(service);
    const series = 'http_request_duration_seconds_count{operation="getHealth",status="200"}';
    expect(metrics.get(series)).toBe(1);

    for (const path of ['/', '/metrics/', '/todos', '/docs', '/openapi.yaml', '/healthz']) {
      const nowhere = await send(own, { path });
      expect(nowhere.status).toBe(404);
      expect(await nowhere.json()).toMatchObject({ code: 'not_found' });
    }
    expect((await send(own, { path: '/%zz' })).status).toBe(400);
    const post = await send(own, { method: 'POST', path: '/metrics' });
    expect([post.status, post.headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
    expect(post.headers.get('X-Content-Type-Options')).toBe('nosniff');
    await service.close();
    await expect(fetch(service.metricsUrl)).rejects.toThrow();
  });
});
