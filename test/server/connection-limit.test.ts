// Connections above MAX_CONNECTIONS.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { answerTo, openSocket } from '../support/raw-connection.ts';
import { startService } from '../support/service.ts';
import { CLOSE, startServer, times } from './setup.ts';

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

/** The service with two connections at most. */
const startSmallService = () => startService({ MAX_CONNECTIONS: '2' });

/** The status of the response to these bytes; of a request without a token it is 401. */
async function ask(socket: Socket, bytes = get('/auth/me')): Promise<string> {
  socket.write(bytes);
  return String(await once(socket, 'data')).slice(9, 12);
}

test('connections above MAX_CONNECTIONS are answered with 503 and closed, except for health checks', async () => {
  await using service = await startSmallService();
  const busy = times(2, () => openSocket(service.url)); // in the middle of a request
  for (const socket of busy) socket.write('GET /auth/me HTTP/1.1\r\n');
  await Promise.all(busy.map((socket) => once(socket, 'connect')));
  const refused = await answerTo(service.url, get('/auth/me'));
  expect(JSON.parse(refused.text)).toMatchObject({ status: 503, code: 'unavailable' });
  expect(refused.headers.get('Retry-After')).toBe('1');
  expect(refused.headers.get('Connection')).toBe('close');
  expect((await answerTo(service.url, get('/healthz', CLOSE))).status).toBe(200);
  const surplus = openSocket(service.url);
  await once(surplus, 'connect');
  const [first = surplus] = busy; // which was there before
  expect(await ask(first, 'Host: x\r\n\r\n')).toBe('401');
  for (const socket of [...busy, surplus]) socket.destroy();
  const retry = async () => (await answerTo(service.url, get('/auth/me', CLOSE))).status;
  await expect.poll(retry, { interval: 5 }).toBe(401);
});

test('a connection above MAX_CONNECTIONS closes the one that has been idle the longest', async () => {
  await using service = await startSmallService();
  const [first, second] = [openSocket(service.url), openSocket(service.url)];
  for (const socket of [first, second]) await ask(socket);
  const closed = once(first, 'close');
  const fresh = openSocket(service.url);
  await closed;
  expect(await ask(fresh)).toBe('401');
  expect(second.closed).toBe(false);
});

test('two connections above MAX_CONNECTIONS at once close two idle ones', async () => {
  await using service = await startSmallService();
  const idle = times(2, () => openSocket(service.url));
  for (const socket of idle) await ask(socket);
  const closed = idle.map((socket) => once(socket, 'close'));
  const fresh = times(2, () => openSocket(service.url));
  expect(await Promise.all(fresh.map((socket) => ask(socket)))).toEqual(['401', '401']);
  await Promise.all(closed);
});

test('a surplus connection that is within MAX_CONNECTIONS by now is not rejected later', async () => {
  let requests = 0;
  await using server = await startServer(
    (request, response, overload) => {
      if (overload) return void response.writeHead(503).end();
      requests += 1;
      request.resume().once('end', () => response.end('served'));
    },
    { maxConnections: 1 },
  );
  const first = openSocket(server.url);
  await once(first, 'connect');
  const second = openSocket(server.url); // one too many
  await once(second, 'connect');
  first.destroy();
  await expect.poll(() => server.connections[0]?.closed, { interval: 2 }).toBe(true);
  expect(await ask(second)).toBe('200');
  second.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{');
  await expect.poll(() => requests, { interval: 2 }).toBe(2); // so that it is not idle
  expect(await ask(openSocket(server.url))).toBe('503');
  expect(await ask(second, '}')).toBe('200');
});

test('a connection with a request under way is not closed as idle', async () => {
  await using service = await startSmallService();
  const [busy, idle] = [openSocket(service.url), openSocket(service.url)];
  await ask(busy);
  busy.write('POST /todos HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{');
  await ask(idle);
  openSocket(service.url);
  await once(idle, 'close');
  expect(await ask(busy, '}')).toBe('401');
});

test('connections far above MAX_CONNECTIONS are dropped without a response', async () => {
  await using service = await startSmallService();
  const sockets = times(40, () => openSocket(service.url).resume());
  for (const socket of sockets) {
    socket.on('connect', () => socket.write('GET /auth/me HTTP/1.1\r\n'));
  }
  const open = () => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded);
  await expect.poll(() => open().length, { interval: 5 }).toBe(13); // 2 × 1.25 + 10
  for (const socket of sockets) socket.destroy();
  const retry = () => answerTo(service.url, get('/healthz', CLOSE)).catch(() => undefined);
  await expect.poll(async () => (await retry())?.status).toBe(200);
});
