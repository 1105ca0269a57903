import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { createLogger } from '../../src/observability/logger.ts';
import { startSignedInService } from '../http/setup.ts';
import { ENGINE, FAULTS } from '../support/database.ts';
import { breakDatabase } from '../support/database-faults.ts';
import type { Sent } from '../support/http.ts';
import { loginRequest, openSocket } from '../support/raw-connection.ts';
import { startService } from '../support/service.ts';
import { DEMO } from '../support/users.ts';

const { service, token, sendTo: send } = await startSignedInService();

/** The lines that these requests leave, parsed. */
async function linesOf(...requests: Sent[]): Promise<Record<string, unknown>[]> {
  const { log } = service;
  log.length = 0;
  for (const request of requests) await (await send(request)).text();
  await expect.poll(() => log.length, { interval: 2 }).toBeGreaterThanOrEqual(requests.length);
  return log.map((line) => JSON.parse(line));
}

describe('the access log has one line for each request', () => {
  test('with user, operation, duration and status', async () => {
    const [me] = await linesOf({
      path: '/auth/me?',
      token,
      headers: { 'X-Request-Id': '019ab1d0-5c00-7000-8000-0000000000aa' },
    });
    const user = await (await send({ path: '/auth/me', token })).json();
    const [session] = await (await send({ path: '/auth/sessions', token })).json();
    expect(me).toEqual({
      level: 30,
      time: expect.any(Number),
      request_id: '019ab1d0-5c00-7000-8000-0000000000aa',
      operation: 'getCurrentUser',
      method: 'GET',
      route: '/auth/me',
      path: '/auth/me',
      status: 200,
      user_id: user.id,
      session_id: session.id,
      duration_ms: expect.any(Number),
      msg: 'request',
    });
  });

  test('for each kind of error and page too', async () => {
    const lines = await linesOf(
      { path: '/todos' },
      { path: '/todos?bogus=1', token },
      { path: '/nowhere' },
      { path: `/${'x'.repeat(1000)}` },
      { method: 'HEAD', path: '/healthz' },
      { method: 'OPTIONS', path: '/todos' },
      { method: 'POST', path: '/auth/login', body: '{' },
      { method: 'PUT', path: '/todos' },
      { path: '/healthz', headers: { Accept: 'text/html' } },
      { path: '/%zz' },
      { path: '/docs' },
      { path: '/metrics' },
    );
    expect(lines[4]).toMatchObject({ method: 'HEAD' });
    const logged = lines.map(({ operation, path, status }) => [operation, path, status]);
    expect(logged).toEqual([
      ['listTodos', '/todos', 401],
      ['listTodos', '/todos', 400],
      [undefined, '/*', 404],
      [undefined, '/*', 404],
      ['getHealth', '/healthz', 200],
      [undefined, '/todos', 204],
      ['login', '/auth/login', 400],
      [undefined, '/todos', 405],
      ['getHealth', '/healthz', 406],
      [undefined, '/*', 400],
      [undefined, '/docs', 200],
      [undefined, '/metrics', 200],
    ]);
    for (const { user_id, session_id } of lines.filter(({ status }) => status !== 400)) {
      expect([user_id, session_id]).toEqual([undefined, undefined]);
    }
  });

  test.each([
    ['/todos/019AB1D0-5c00-7000-8000-00000000000a', '/todos/{todo_id}', undefined],
    ['/todos/hunter2', '/todos/{todo_id}', '/todos/*'],
    ['/todos/%68unter2?q=x', '/todos/{todo_id}', '/todos/*'],
    ['/auth/login/hunter2', undefined, '/auth/login/*'],
    ['/api/todos', undefined, '/*/todos'],
    ['/.well-known/jwks.json?x', '/.well-known/jwks.json', '/.well-known/jwks.json'],
    ['/assets/web/main.js', '/assets/{folder}/{file}', '/*/*/*'],
    [`/${'x/'.repeat(500)}`, undefined, '/*'.repeat(100)],
  ])('with the route, and without unknown parts of the path: %s', async (path, route, logged) => {
    const [line] = await linesOf({ path, token });
    expect([line?.['route'], line?.['path']]).toEqual([route, logged ?? path]);
  });

  test('with status 499 if the client disconnects before the response', async () => {
    await using service = await startService();
    const { db, log, url } = service;
    // No login is done before this transaction ends, which locks all of an embedded database.
    const trx = await db.startTransaction().execute();
    await using held = new AsyncDisposableStack();
    held.defer(() => trx.rollback().execute());
    if (ENGINE === 'postgres') await sql`lock table users`.execute(trx);
    const socket = openSocket(url);
    await new Promise((sent) => socket.write(loginRequest(DEMO), sent));
    const running = 'http_requests{lane="others",state="running"} 1\n';
    const metrics = async () => (await fetch(`${url}/metrics`)).text();
    await expect.poll(metrics, { interval: 5 }).toContain(running);
    socket.destroy();
    const statuses = () =>
      log
        .map((line) => JSON.parse(line))
        .flatMap(({ operation, status }) => (operation === 'login' ? [status] : []));
    await expect.poll(statuses, { interval: 2 }).toEqual([499]);
    const duration = /^http_request_duration_seconds_count\{operation="login",status="499"\} 1$/m;
    expect(await metrics()).toMatch(duration);
    await held.disposeAsync();
    // No password is hashed for a client that has gone.
    await expect.poll(metrics, { interval: 5 }).toContain(running.replace('1', '0'));
    expect(await metrics()).toContain('{event="signed_in"} 0\n');
  });

  test('without duplicate members', async () => {
    await linesOf({ path: '/todos' });
    const names = [...(service.log[0] ?? '').matchAll(/"(\w+)":/g)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

const REQUEST_ID = '019ab1d0-5c00-7000-8000-0000000000aa';

test('a 500 or 503 has another line with the real error', async () => {
  for (const [code, status] of [
    [FAULTS.bug, 500],
    [FAULTS.outages[0], 503],
  ] as const) {
    using _outage = breakDatabase(code);
    const headers = { 'X-Request-Id': REQUEST_ID };
    const lines = await linesOf({ path: '/todos', token, headers });
    expect(lines).toEqual([
      {
        level: 50,
        time: expect.any(Number),
        err: {
          type: expect.any(String),
          message: 'the disk is on fire',
          stack: expect.any(String),
        },
        request_id: REQUEST_ID,
        msg: 'failed',
      },
      expect.objectContaining({ level: 50, status, request_id: REQUEST_ID, msg: 'request' }),
    ]);
    expect(lines[1]).not.toHaveProperty('err');
  }
});

test('the logger hides members with the name of a secret at any depth', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => lines.push(line) });
  const names = [
    'authorization',
    'refresh-token',
    'cookie',
    'password',
    'current_password',
    'new_password',
    'access_token',
    'refresh_token',
  ];
  const secrets = Object.fromEntries(names.map((name) => [name, 'hunter2']));
  logger.info({ ...secrets, headers: secrets, request: { body: secrets } }, 'said');
  expect(lines.join('')).not.toContain('hunter2');
  expect(lines.join('').match(/\[redacted\]/g)).toHaveLength(3 * names.length);
});
