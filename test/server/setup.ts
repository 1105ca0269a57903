import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { expect, vi } from 'vitest';
import {
  createHttpServer,
  type HttpServerOptions,
  listen,
  type Overload,
} from '../../src/server/http-server.ts';
import { send } from '../support/http.ts';
import type { TestService } from '../support/service.ts';
import { signIn } from '../support/users.ts';

export const CLOSE = 'Connection: close\r\n';

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A bare server, for what no operation of the service does. */
export async function startServer(
  answer: (request: IncomingMessage, response: ServerResponse, overload: Overload) => void,
  options: HttpServerOptions = {},
) {
  const server = createHttpServer((request, response, overload) => {
    answer(request, response, overload);
    return () => response.writeHead(503).end();
  }, options);
  const connections: Socket[] = [];
  server.on('connection', (socket) => connections.push(socket));
  const running = await listen(server, { host: '127.0.0.1', port: 0, shutdownTimeout: 0 });
  return { ...running, connections };
}

export async function metric({ url }: TestService, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

export function inQueue(service: TestService, state: string, queue = 'others'): Promise<number> {
  return metric(service, `http_requests{lane="${queue}",state="${state}"}`);
}

/** Starts two refreshes that occupy two slots until `release` (or the end of the `using` block). */
export async function occupyTwoSlots(service: TestService) {
  const pairs = [await signIn(service), await signIn(service)];
  const { promise, resolve: release } = Promise.withResolvers<void>();
  const sign = crypto.subtle.sign.bind(crypto.subtle);
  const spy = vi.spyOn(crypto.subtle, 'sign').mockImplementation(async (...parameters) => {
    await promise; // before the access token is there
    return sign(...parameters);
  });
  const held = pairs.map(({ refresh_token }) =>
    send(service, { method: 'POST', path: '/auth/refresh', body: { refresh_token } }),
  );
  await expect.poll(() => inQueue(service, 'running'), { interval: 5 }).toBe(2);
  const dispose = () => {
    release();
    spy.mockRestore();
  };
  return { release, held, [Symbol.dispose]: dispose };
}

/** No request runs or waits any more. */
export async function expectIdle(service: TestService) {
  for (const queue of ['passwords', 'others']) {
    for (const state of ['running', 'waiting']) {
      await expect.poll(() => inQueue(service, state, queue), { interval: 5 }).toBe(0);
    }
  }
}
