// How many requests the service takes on, and what it answers to the rest, through real sockets.
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { pathOfProgram } from '../http/setup.ts';
import { send } from '../support/http.ts';
import { expectProblem, UNAVAILABLE } from '../support/problem.ts';
import { exchange, openConnections, openSocket, sendAtOnce } from '../support/raw-connection.ts';
import { startService } from '../support/service.ts';
import { signIn } from '../support/users.ts';
import { CLOSE, expectIdle, inQueue, metric, occupyTwoSlots, startServer, times } from './setup.ts';

const REJECTIONS = 'http_requests_shed_total{lane="others"}';

const getTodos = (token: string) =>
  `GET /todos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;

/** The head of a todo that is posted. */
const postTodo = (token: string, { length }: string) =>
  `POST /todos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
  `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

/** Two requests of this service run at a time, and 14 wait. */
async function startSmallService() {
  const service = await startService({ MAX_REQUESTS: '16' });
  const { access_token: token } = await signIn(service);
  return { ...service, token };
}

test('200 requests at once are all answered by an idle service', async () => {
  await using service = await startService();
  const { access_token: token } = await signIn(service);
  const requests = times(200, () => getTodos(token));
  const answers = await Promise.all(await sendAtOnce(service.url, requests));
  expect(answers.map(({ status }) => status)).toEqual(times(200, () => 200));
});

describe('requests above MAX_REQUESTS', () => {
  test('are answered with 503 and CORS headers, while health checks are answered with 200', async () => {
    await using service = await startSmallService();
    const { token } = service;
    using slots = await occupyTwoSlots(service);
    const requests = times(14, () => getTodos(token));
    const waiting = await sendAtOnce(service.url, requests);
    await expect.poll(() => inQueue(service, 'waiting'), { interval: 5 }).toBe(14);
    const headers = {
      Origin: 'http://localhost:5173',
      'X-Request-Id': '019ab1d0-5c00-7000-8000-0000000000aa',
    };
    const rejected = times(100, () => send(service, { path: '/todos', token, headers }));
    for (const answer of await Promise.all(rejected)) {
      await expectProblem(answer, UNAVAILABLE);
      expect(answer.headers.get('X-Request-Id')).toBe(headers['X-Request-Id']);
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(headers.Origin);
      expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
    }
    for (const path of ['/healthz', '/readyz', '/metrics', '/.well-known/jwks.json']) {
      expect((await send(service, { path })).status).toBe(200);
    }
    expect(await metric(service, REJECTIONS)).toBe(100);
    const reports = () =>
      service.log.map((one) => JSON.parse(one)).filter((one) => one.rejected > 0);
    const reported = () => reports().reduce((sum, { rejected: count }) => sum + count, 0);
    await expect.poll(reported, { interval: 5 }).toBe(100);
    expect(reports()[0]).toMatchObject({ msg: 'overloaded: requests are answered with 503' });
    expect(reports().length).toBeLessThan(50); // one a second
    slots.release();
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(200);
    await expectIdle(service);
    expect((await send(service, { path: '/todos', token })).status).toBe(200);
  });

  test('are rejected also after their body was read', async () => {
    await using service = await startSmallService();
    using slots = await occupyTwoSlots(service);
    const body = JSON.stringify({ title: 'one of many' });
    const connections = await openConnections(service.url, 20);
    const answers = Promise.all(connections.map((connection) => connection.answer()));
    for (const { socket } of connections) socket.write(postTodo(service.token, body));
    await fetch(`${service.url}/healthz`); // once it is answered, all of that has been read
    for (const { socket } of connections) socket.write(body);
    await expect.poll(() => metric(service, REJECTIONS), { interval: 5 }).toBe(6);
    slots.release();
    for (const { status } of await Promise.all(slots.held)) expect(status).toBe(200);
    const statuses = (await answers).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([...times(14, () => 201), ...times(6, () => 503)]);
    const todos = service.db.selectFrom('todos').where('title', '=', 'one of many');
    expect(await todos.select('id').execute()).toHaveLength(14);
    await expectIdle(service);
  });
});

describe('clients that disconnect', () => {
  test('leave no slot in use', async () => {
    await using service = await startSmallService();
    const { token } = service;
    for (let round = 0; round < 5; round += 1) {
      const sockets = times(40, () => openSocket(service.url));
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      for (const socket of sockets) socket.write(getTodos(token), () => socket.resetAndDestroy());
      await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
    }
    await expectIdle(service);
    expect((await send(service, { path: '/todos', token })).status).toBe(200);
  });

  test('while their requests wait: the requests are not executed', async () => {
    await using service = await startSmallService();
    using slots = await occupyTwoSlots(service);
    const body = JSON.stringify({ title: 'not created' });
    const connections = await openConnections(service.url, 5);
    for (const { socket } of connections) socket.write(postTodo(service.token, body) + body);
    await expect.poll(() => inQueue(service, 'waiting'), { interval: 5 }).toBe(5);
    for (const { socket } of connections) socket.destroy();
    const gone = () => service.log.filter((line) => JSON.parse(line).status === 499);
    await expect.poll(gone, { interval: 5 }).toHaveLength(5);
    slots.release();
    await expectIdle(service);
    const todos = service.db.selectFrom('todos').where('title', '=', 'not created');
    expect(await todos.select('id').execute()).toEqual([]);
  });
});

test('clients that read pages slowly use no slot', async () => {
  await using service = await startSmallService();
  const page = `GET ${await pathOfProgram(service.url)} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const readers = times(3, () => openSocket(service.url).pause());
  for (const reader of readers) reader.write(page.repeat(8));
  await Promise.all(readers.map((reader) => once(reader, 'readable'))); // and read no further
  await expectIdle(service);
  const ended = service.log.filter((line) => line.includes('/assets/') && !line.includes('503'));
  expect(ended).toEqual([]);
  expect((await send(service, { path: '/todos', token: service.token })).status).toBe(200);
  for (const reader of readers) reader.destroy();
});

describe('pipelining', () => {
  const ask = (path: string, last = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${last}\r\n`;

  test('requests above 16 on one connection are answered with 503', async () => {
    await using service = await startService();
    const answers = await exchange(service.url, ask('/todos').repeat(39) + ask('/todos', CLOSE));
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toEqual([...times(16, () => 401), ...times(24, () => 503)]);
    await expectIdle(service);
  });

  test('a client with more than 16 unanswered health checks on one connection is disconnected', async () => {
    await using service = await startService();
    expect(await exchange(service.url, ask('/healthz').repeat(40))).toHaveLength(0);
    const answers = await exchange(
      service.url,
      ask('/healthz').repeat(15) + ask('/healthz', CLOSE),
    );
    expect(answers.map(({ status }) => status)).toEqual(times(16, () => 200));
  });

  test('the server stops reading a connection whose first responses are pending', async () => {
    let rejected = 0;
    await using server = await startServer((_request, response, overload) => {
      if (overload !== 'pipelining') return; // the first ones are never answered
      rejected += 1;
      response.writeHead(503).end('x'.repeat(300));
    });
    openSocket(server.url).write(ask('/').repeat(20_000));
    await expect.poll(() => server.connections[0]?.isPaused(), { interval: 2 }).toBe(true);
    expect(rejected).toBeLessThan(10_000);
  });
});
