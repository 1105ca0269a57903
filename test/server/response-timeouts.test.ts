// How long the service works on a request, and how long it waits for the client to read the response.
import { describe, expect, test, vi } from 'vitest';
import { send } from '../support/http.ts';
import { expectProblem, UNAVAILABLE } from '../support/problem.ts';
import { openConnection, openSocket } from '../support/raw-connection.ts';
import { startService } from '../support/service.ts';
import { DEMO } from '../support/users.ts';
import { expectIdle, inQueue, occupyTwoSlots, startServer } from './setup.ts';

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
  /** From now on so many seconds pass whenever the server reads its clock. */
  const run = (seconds: number) => {
    step = seconds * 1000;
  };
  return { run, awaitChecks, limits: { connectionsCheckingInterval: 5, now: readClock } };
}

describe('the response timeout', () => {
  test('causes a 503; a response that comes later is not sent', async () => {
    const { run, limits } = timeoutClock();
    const asked = Promise.withResolvers<() => void>();
    await using server = await startServer((_request, response) => {
      asked.resolve(() => response.end('late'));
    }, limits);
    const answering = fetch(server.url);
    const finish = await asked.promise;
    run(10);
    expect((await answering).status).toBe(503);
    finish();
  });

  test('starts when the request body has arrived', async () => {
    const { run, awaitChecks, limits } = timeoutClock();
    const asked = Promise.withResolvers<() => void>();
    await using server = await startServer((request, response) => {
      request.resume().once('end', () => asked.resolve(() => response.end('in time')));
    }, limits);
    const connection = await openConnection(server.url);
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
    await using service = await startService({}, { limits });
    using slots = await occupyTwoSlots(service);
    run(10);
    for (const answer of await Promise.all(slots.held)) await expectProblem(answer, UNAVAILABLE);
    run(0);
    expect(await inQueue(service, 'running')).toBe(2);
    slots.release();
    await expectIdle(service);
    expect(service.log.filter((line) => JSON.parse(line).msg === 'failed')).toEqual([]);
    const again = await send(service, { method: 'POST', path: '/auth/login', body: DEMO });
    expect(again.status).toBe(200);
  });

  test('is REQUEST_SECONDS long', async () => {
    const { run, awaitChecks, limits } = timeoutClock();
    await using service = await startService({ REQUEST_SECONDS: '3600' }, { limits });
    using slots = await occupyTwoSlots(service);
    const answered = vi.fn();
    for (const answer of slots.held) void answer.then(answered);
    run(10);
    await awaitChecks();
    expect((await send(service, { path: '/healthz' })).status).toBe(200);
    expect(answered).not.toHaveBeenCalled();
    run(1000);
    for (const { status } of await Promise.all(slots.held)) expect(status).toBe(503);
  });
});

describe('responses that clients do not read', () => {
  const large = Buffer.alloc(40 * 2 ** 20);

  /** Sends a request and never reads the response. */
  const askOnly = (url: string) =>
    openSocket(url).pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');

  test('are dropped after the timeout, and the connection is closed', async () => {
    const { run, limits } = timeoutClock();
    const asked = Promise.withResolvers<void>();
    await using server = await startServer((_, response) => {
      response.end(large);
      asked.resolve();
    }, limits);
    askOnly(server.url);
    await asked.promise;
    run(10);
    await expect.poll(() => server.connections.map(({ closed }) => closed)).toEqual([true]);
  });

  test('are limited to 64 MiB: above it the oldest connections are closed', async () => {
    const { limits } = timeoutClock();
    await using server = await startServer((_, response) => void response.end(large), limits);
    const { connections } = server;
    for (let n = 1; n <= 3; n += 1) {
      askOnly(server.url);
      await expect.poll(() => connections, { interval: 2 }).toHaveLength(n);
    }
    const expected = [true, true, false]; // two of them are more than 64 MiB
    await expect.poll(() => connections.map(({ closed }) => closed)).toEqual(expected);
  });
});
