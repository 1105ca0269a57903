// How much the service takes on, and what it answers to the rest, through real sockets.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createHttpServer,
  type HttpServerOptions,
  type Overload,
} from '../../src/server/http-server.ts';
import { pathOfProgram } from '../http/setup.ts';
import { send } from '../support/http.ts';
import { type ExpectedProblem, expectProblem } from '../support/problem.ts';
import {
  answerTo,
  exchange,
  loginRequest,
  openConnection,
  openConnections,
  openSocket,
  sendAtOnce,
} from '../support/raw-connection.ts';
import { startService, type TestService } from '../support/service.ts';
import { DEMO, signIn } from '../support/users.ts';

const OVERLOADED: ExpectedProblem = {
  status: 503,
  title: 'Service Unavailable',
  code: 'unavailable',
  detail: 'The service cannot answer right now. Please try again.',
  retryAfter: '1',
};
const HEAD = 'Host: localhost\r\nConnection: close\r\n';

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A bare server, for what no operation of the service does. */
async function listen(
  answer: (request: IncomingMessage, response: ServerResponse, overload: Overload) => void,
  options: HttpServerOptions,
) {
  const server = createHttpServer((request, response, overload) => {
    answer(request, response, overload);
    return () => response.writeHead(503).end();
  }, options);
  const connections: Socket[] = [];
  server.on('connection', (socket) => connections.push(socket));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return { url: `http://127.0.0.1:${port}`, connections };
}

async function metric({ url }: TestService, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

const getTodos = (token: string) =>
  `GET /todos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;

function inQueue(app: TestService, state: string, queue = 'others'): Promise<number> {
  return metric(app, `http_requests{lane="${queue}",state="${state}"}`);
}

/** Starts two refreshes that occupy two slots until `release` (or the end of the test). */
async function occupyTwoSlots(app: TestService) {
  const pairs = [await signIn(app), await signIn(app)];
  const { promise, resolve: release } = Promise.withResolvers<void>();
  const sign = crypto.subtle.sign.bind(crypto.subtle);
  const spy = vi.spyOn(crypto.subtle, 'sign').mockImplementation(async (...parameters) => {
    await promise; // before the access token is there
    return sign(...parameters);
  });
  onTestFinished(() => {
    release();
    spy.mockRestore();
  });
  const held = pairs.map(({ refresh_token }) =>
    send(app, { method: 'POST', path: '/auth/refresh', body: { refresh_token } }),
  );
  await expect.poll(() => inQueue(app, 'running'), { interval: 5 }).toBe(2);
  return { release, held };
}

/** No request runs or waits any more. */
async function expectIdle(app: TestService) {
  for (const queue of ['passwords', 'others']) {
    for (const state of ['running', 'waiting']) {
      await expect.poll(() => inQueue(app, state, queue), { interval: 5 }).toBe(0);
    }
  }
}

test('200 requests at once are all answered by an idle service', async () => {
  await using app = await startService();
  const { access_token: token } = await signIn(app);
  const answers = await Promise.all(
    await sendAtOnce(
      app.url,
      times(200, () => getTodos(token)),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(times(200, () => 200));
});

describe('requests above MAX_REQUESTS', () => {
  test('are answered with 503 and CORS headers, while health checks are answered with 200', async () => {
    await using app = await startService({ MAX_REQUESTS: '16' }); // 2 are worked on, 14 wait
    const { access_token: token } = await signIn(app);
    const { release } = await occupyTwoSlots(app);
    const waiting = await sendAtOnce(
      app.url,
      times(14, () => getTodos(token)),
    );
    await expect.poll(() => inQueue(app, 'waiting'), { interval: 5 }).toBe(14);
    const headers = {
      Origin: 'http://localhost:5173',
      'X-Request-Id': '019ab1d0-5c00-7000-8000-0000000000aa',
    };
    const rejected = times(100, () => send(app, { path: '/todos', token, headers }));
    for (const answer of await Promise.all(rejected)) {
      expectProblem(answer, await answer.text(), OVERLOADED);
      expect(answer.headers.get('X-Request-Id')).toBe(headers['X-Request-Id']);
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(headers.Origin);
      expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
    }
    for (const path of ['/healthz', '/readyz', '/metrics', '/.well-known/jwks.json']) {
      expect((await send(app, { path })).status).toBe(200);
    }
    expect(await metric(app, 'http_requests_shed_total{lane="others"}')).toBe(100);
    const reports = () => app.log.map((one) => JSON.parse(one)).filter((one) => one.rejected > 0);
    const reported = () => reports().reduce((sum, { rejected: count }) => sum + count, 0);
    await expect.poll(reported, { interval: 5 }).toBe(100);
    expect(reports()[0]).toMatchObject({ msg: 'overloaded: requests are answered with 503' });
    expect(reports().length).toBeLessThan(50); // one a second
    release();
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(200);
    await expectIdle(app);
    expect((await send(app, { path: '/todos', token })).status).toBe(200);
  });

  test('are rejected also after their body was read', async () => {
    await using app = await startService({ MAX_REQUESTS: '16' }); // 2 are worked on, 14 wait
    const { access_token: token } = await signIn(app);
    const { release, held } = await occupyTwoSlots(app);
    const body = JSON.stringify({ title: 'one of many' });
    const head = `POST /todos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
    const length = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const connections = await openConnections(app.url, 20);
    const answers = Promise.all(connections.map((connection) => connection.answer()));
    for (const { socket } of connections) socket.write(head + length);
    await fetch(`${app.url}/healthz`); // once it is answered, all of that has been read
    for (const { socket } of connections) socket.write(body);
    const counter = 'http_requests_shed_total{lane="others"}';
    await expect.poll(() => metric(app, counter), { interval: 5 }).toBe(6);
    release();
    for (const { status } of await Promise.all(held)) expect(status).toBe(200);
    const statuses = (await answers).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([...times(14, () => 201), ...times(6, () => 503)]);
    const todos = app.db.selectFrom('todos').where('title', '=', 'one of many');
    expect(await todos.select('id').execute()).toHaveLength(14);
    await expectIdle(app);
  });

  test('of password operations take no room from other requests', async () => {
    await using app = await startService({ LOGIN_FREE_FAILURES_PER_ADDRESS: '100000' });
    const { access_token: token } = await signIn(app);
    // A machine with idle cores may hash some passwords before the last login arrives.
    for (let round = 0, isFull = false; !isFull; round += 1) {
      expect(round, 'rounds in which the password queue was not full').toBeLessThan(5);
      const storm = await sendAtOnce(
        app.url,
        times(400, (n) => loginRequest({ username: `unknown-${n}`, password: 'wrong' })),
      );
      const others = await Promise.all(times(20, () => send(app, { path: '/todos', token })));
      expect(others.map(({ status }) => status)).toEqual(times(20, () => 200));
      const statuses = new Set((await Promise.all(storm)).map(({ status }) => status));
      expect(statuses).toContain(401);
      isFull = statuses.delete(503);
      expect(statuses).toEqual(new Set([401]));
    }
    expect(await metric(app, 'http_requests_shed_total{lane="others"}')).toBe(0);
  });
});

describe('clients that disconnect', () => {
  test('leave no slot in use', async () => {
    await using app = await startService({ MAX_REQUESTS: '16' });
    const { access_token: token } = await signIn(app);
    for (let round = 0; round < 5; round += 1) {
      const sockets = times(40, () => openSocket(app.url));
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      for (const socket of sockets) socket.write(getTodos(token), () => socket.resetAndDestroy());
      await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
    }
    await expectIdle(app);
    expect((await send(app, { path: '/todos', token })).status).toBe(200);
  });

  test('while their requests wait: the requests are not executed', async () => {
    await using app = await startService({ MAX_REQUESTS: '16' });
    const { access_token: token } = await signIn(app);
    const { release } = await occupyTwoSlots(app);
    const body = JSON.stringify({ title: 'not created' });
    const head = `Host: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
    const connections = await openConnections(app.url, 5);
    for (const { socket } of connections) {
      socket.write(`POST /todos HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    }
    await expect.poll(() => inQueue(app, 'waiting'), { interval: 5 }).toBe(5);
    for (const { socket } of connections) socket.destroy();
    const gone = () => app.log.filter((line) => JSON.parse(line).status === 499);
    await expect.poll(gone, { interval: 5 }).toHaveLength(5);
    release();
    await expectIdle(app);
    const todos = app.db.selectFrom('todos').where('title', '=', 'not created');
    expect(await todos.select('id').execute()).toEqual([]);
  });
});

test('clients that read pages slowly use no slot', async () => {
  await using app = await startService({ MAX_REQUESTS: '16' }); // 2 run at a time
  const { access_token: token } = await signIn(app);
  const page = `GET ${await pathOfProgram(app.url)} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const readers = times(3, () => openSocket(app.url).pause());
  for (const reader of readers) reader.write(page.repeat(8));
  await Promise.all(readers.map((reader) => once(reader, 'readable'))); // and read no further
  await expectIdle(app);
  const ended = app.log.filter((line) => line.includes('/assets/') && !line.includes('503'));
  expect(ended).toEqual([]);
  expect((await send(app, { path: '/todos', token })).status).toBe(200);
  for (const reader of readers) reader.destroy();
});

describe('pipelining', () => {
  const ask = (path: string, last = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${last}\r\n`;

  test('requests above 16 on one connection are answered with 503', async () => {
    await using app = await startService();
    const bytes = times(39, () => ask('/todos')).join('') + ask('/todos', 'Connection: close\r\n');
    const answers = await exchange(app.url, bytes);
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toEqual([...times(16, () => 401), ...times(24, () => 503)]);
    await expectIdle(app);
  });

  test('a client with more than 16 unanswered health checks on one connection is disconnected', async () => {
    await using app = await startService();
    expect(await exchange(app.url, times(40, () => ask('/healthz')).join(''))).toHaveLength(0);
    const bytes =
      times(15, () => ask('/healthz')).join('') + ask('/healthz', 'Connection: close\r\n');
    const statuses = (await exchange(app.url, bytes)).map(({ status }) => status);
    expect(statuses).toEqual(times(16, () => 200));
  });

  test('the server stops reading a connection whose first responses are pending', async () => {
    let rejected = 0;
    const { url, connections } = await listen((_request, response, overload) => {
      if (overload !== 'pipelining') return; // the first ones are never answered
      rejected += 1;
      response.writeHead(503).end('x'.repeat(300));
    }, {});
    openSocket(url).write(ask('/').repeat(20_000));
    await expect.poll(() => connections[0]?.isPaused(), { interval: 2 }).toBe(true);
    expect(rejected).toBeLessThan(10_000);
  });
});

describe('headers', () => {
  const lines = (count: number) => times(count, (n) => `X-${n}: x\r\n`).join('');

  test('above 100 in a request are answered with 431', async () => {
    await using app = await startService();
    const ask = (count: number) =>
      answerTo(app.url, `GET /healthz HTTP/1.1\r\n${HEAD}${lines(count - 2)}\r\n`);
    expect((await ask(100)).status).toBe(200);
    for (const count of [101, 500]) {
      const answer = await ask(count);
      expectProblem(answer, answer.text, {
        status: 431,
        title: 'Request Header Fields Too Large',
        code: 'headers_too_large',
        detail: 'The request headers are too large',
      });
    }
  });
});

test('a body above BODY_LIMIT_BYTES is answered with 413', async () => {
  await using app = await startService({ BODY_LIMIT_BYTES: '1024' });
  const { access_token: token } = await signIn(app);
  const post = (length: number) => {
    const body = { title: 'large', description: 'x'.repeat(length) };
    return send(app, { method: 'POST', path: '/todos', token, body });
  };
  expect((await post(900)).status).toBe(201);
  expect((await post(1100)).status).toBe(413);
});

describe('connections', () => {
  const GET = 'GET /auth/me HTTP/1.1\r\nHost: x\r\n\r\n';

  test('above MAX_CONNECTIONS are answered with 503 and closed, except for health checks', async () => {
    await using app = await startService({ MAX_CONNECTIONS: '2' });
    const busy = times(2, () => openSocket(app.url)); // in the middle of a request
    for (const socket of busy) socket.write('GET /auth/me HTTP/1.1\r\n');
    await Promise.all(busy.map((socket) => once(socket, 'connect')));
    const refused = await answerTo(app.url, GET);
    expect(JSON.parse(refused.text)).toMatchObject({ status: 503, code: 'unavailable' });
    expect(refused.headers.get('Retry-After')).toBe('1');
    expect(refused.headers.get('Connection')).toBe('close');
    const health = await answerTo(app.url, `GET /healthz HTTP/1.1\r\n${HEAD}\r\n`);
    expect(health.status).toBe(200);
    const surplus = openSocket(app.url);
    await once(surplus, 'connect');
    const [first] = busy; // which was there before
    first?.write('Host: x\r\n\r\n');
    expect(first && String(await once(first, 'data'))).toMatch(/^HTTP\/1.1 401 /);
    for (const socket of [...busy, surplus]) socket.destroy();
    const ask = () => answerTo(app.url, `GET /auth/me HTTP/1.1\r\n${HEAD}\r\n`);
    await expect.poll(async () => (await ask()).status, { interval: 5 }).toBe(401);
  });

  test('above MAX_CONNECTIONS: the one that has been idle the longest is closed', async () => {
    await using app = await startService(
      { MAX_CONNECTIONS: '2' },
      { limits: { keepAliveTimeout: 60_000 } },
    );
    const idle = times(2, () => openSocket(app.url));
    for (const socket of idle) {
      socket.write(GET);
      await once(socket, 'data');
    }
    const [first, second] = idle;
    const closed = first && once(first, 'close');
    const fresh = openSocket(app.url);
    await closed;
    fresh.write(GET);
    expect(String(await once(fresh, 'data'))).toMatch(/^HTTP\/1.1 401 /);
    expect(second?.closed).toBe(false);
  });

  test('above MAX_CONNECTIONS: each new connection closes one idle one', async () => {
    await using app = await startService(
      { MAX_CONNECTIONS: '2' },
      { limits: { keepAliveTimeout: 60_000 } },
    );
    for (const { socket } of await openConnections(app.url, 2)) {
      socket.write(GET);
      await once(socket, 'data');
    }
    const fresh = times(2, () => openSocket(app.url));
    for (const socket of fresh) socket.write(GET);
    for (const socket of fresh) {
      expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1.1 401 /);
    }
  });

  test('above MAX_CONNECTIONS: a surplus connection that moves up is not rejected later', async () => {
    const options = { maxConnections: 1 };
    let requests = 0;
    const { url, connections } = await listen((request, response, overload) => {
      if (overload) return void response.writeHead(503).end();
      requests += 1;
      request.resume().once('end', () => response.end('served'));
    }, options);
    const ask = async (socket: Socket) => {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      return String(await once(socket, 'data')).slice(9, 12);
    };
    const first = openSocket(url);
    await once(first, 'connect');
    const second = openSocket(url); // one too many
    await once(second, 'connect');
    first.destroy();
    await expect.poll(() => connections[0]?.closed, { interval: 2 }).toBe(true);
    expect(await ask(second)).toBe('200');
    second.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{');
    await expect.poll(() => requests, { interval: 2 }).toBe(2); // so that it is not idle
    expect(await ask(openSocket(url))).toBe('503');
    second.write('}');
    expect(String(await once(second, 'data')).slice(9, 12)).toBe('200');
  });

  test('with a request under way are not closed as idle', async () => {
    await using app = await startService(
      { MAX_CONNECTIONS: '2' },
      { limits: { keepAliveTimeout: 60_000 } },
    );
    const [busy, idle] = [openSocket(app.url), openSocket(app.url)];
    busy.write(GET);
    await once(busy, 'data');
    busy.write('POST /todos HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{');
    idle.write(GET);
    await once(idle, 'data');
    openSocket(app.url);
    await once(idle, 'close');
    busy.write('}');
    expect(String(await once(busy, 'data'))).toMatch(/^HTTP\/1.1 401 /);
  });

  test('far above MAX_CONNECTIONS are dropped without a response', async () => {
    await using app = await startService({ MAX_CONNECTIONS: '2' });
    const sockets = times(40, () => openSocket(app.url));
    for (const socket of sockets)
      socket.on('connect', () => socket.write('GET /auth/me HTTP/1.1\r\n'));
    const open = () => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded);
    for (const socket of sockets) socket.resume();
    await expect.poll(() => open().length, { interval: 5 }).toBe(13); // 2 × 1.25 + 10
    for (const socket of sockets) socket.destroy();
    const ask = () => answerTo(app.url, `GET /healthz HTTP/1.1\r\n${HEAD}\r\n`);
    await expect
      .poll(async () =>
        ask().then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });
});

test('a client that resets the connection after CONNECT does not crash the server', async () => {
  const asked = Promise.withResolvers<void>();
  const { url, connections } = await listen(() => asked.resolve(), {});
  const socket = openSocket(url);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\nCONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
  await asked.promise;
  await new Promise(setImmediate); // both have been read
  socket.resetAndDestroy();
  await expect.poll(() => connections[0]?.closed, { interval: 2 }).toBe(true);
});

/** The server checks its timeouts every 5 ms, with a clock that is stopped until `run`. */
function timeoutClock() {
  let now = 0;
  let step = 0;
  let count = 0;
  const readClock = () => {
    now += step;
    count += 1;
    return now;
  };
  /** Resolves when the server has checked its timeouts some more times. */
  const awaitChecks = async () => {
    const before = count;
    await expect.poll(() => count, { interval: 2 }).toBeGreaterThan(before + 10);
  };
  const run = (seconds: number) => {
    step = seconds * 1000;
  };
  return { run, awaitChecks, limits: { connectionsCheckingInterval: 5, now: readClock } };
}

describe('the response timeout', () => {
  test('causes a 503; a response that comes later is not sent', async () => {
    const { run, limits } = timeoutClock();
    let finish = () => {};
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const { url } = await listen((_request, response) => {
      finish = () => response.end('late');
      resolve();
    }, limits);
    const answering = fetch(url);
    await asked;
    run(10);
    expect((await answering).status).toBe(503);
    finish();
  });

  test('starts when the request body has arrived', async () => {
    const { run, awaitChecks, limits } = timeoutClock();
    const asked = Promise.withResolvers<() => void>();
    const { url } = await listen((request, response) => {
      request.resume().once('end', () => asked.resolve(() => response.end('in time')));
    }, limits);
    const connection = await openConnection(url);
    const answering = connection.answer();
    connection.socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{');
    run(10);
    await awaitChecks(); // more than its time; what arrives late is refused elsewhere
    run(0);
    connection.socket.write('}');
    const finish = await asked.promise;
    await awaitChecks();
    finish();
    expect((await answering).status).toBe(200);
    connection.socket.destroy();
  });

  test('keeps the slot in use until the late response, which is dropped', async () => {
    const { run, limits } = timeoutClock();
    await using app = await startService({}, { limits });
    const { release, held } = await occupyTwoSlots(app);
    run(10);
    for (const answer of await Promise.all(held)) {
      expectProblem(answer, await answer.text(), OVERLOADED);
    }
    run(0);
    expect(await inQueue(app, 'running')).toBe(2);
    release();
    await expectIdle(app);
    expect(app.log.filter((line) => JSON.parse(line).msg === 'failed')).toEqual([]);
    const again = await send(app, { method: 'POST', path: '/auth/login', body: DEMO });
    expect(again.status).toBe(200);
  });

  test('is REQUEST_SECONDS long', async () => {
    const { run, awaitChecks, limits } = timeoutClock();
    await using app = await startService({ REQUEST_SECONDS: '3600' }, { limits });
    const { held } = await occupyTwoSlots(app);
    const answered = vi.fn();
    for (const answer of held) void answer.then(answered);
    run(10);
    await awaitChecks();
    expect((await send(app, { path: '/healthz' })).status).toBe(200);
    expect(answered).not.toHaveBeenCalled();
    run(1000);
    for (const { status } of await Promise.all(held)) expect(status).toBe(503);
  });
});

describe('responses that clients do not read', () => {
  const large = Buffer.alloc(40 * 2 ** 20);

  /** Sends a request and never reads the response. */
  const askOnly = (url: string) =>
    openSocket(url).pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');

  test('are dropped after the timeout, and the connection is closed', async () => {
    const { run, limits } = timeoutClock();
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const { url, connections } = await listen((_, response) => {
      response.end(large);
      resolve();
    }, limits);
    askOnly(url);
    await asked;
    run(10);
    await expect.poll(() => connections.map(({ closed }) => closed)).toEqual([true]);
  });

  test('are limited to 64 MiB: above it the oldest connections are closed', async () => {
    const { limits } = timeoutClock();
    const { url, connections } = await listen((_, response) => void response.end(large), limits);
    for (let n = 1; n <= 3; n += 1) {
      askOnly(url);
      await expect.poll(() => connections, { interval: 2 }).toHaveLength(n);
    }
    const expected = [true, true, false]; // two of them are more than 64 MiB
    await expect.poll(() => connections.map(({ closed }) => closed)).toEqual(expected);
  });
});
