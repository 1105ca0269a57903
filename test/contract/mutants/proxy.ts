// A server between a client and the real service, which changes requests and answers.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Known } from './known.ts';

export interface Sent {
  method: string;
  /** With the query. */
  path: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

export interface Received {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export type Forward = (sent: Sent) => Promise<Received>;

/** How a broken service answers a request; `forward` asks the real one. */
export type Fault = (sent: Sent, forward: Forward, known: Known) => Promise<Received>;

export interface Proxy extends AsyncDisposable {
  url: string;
  /** Errors of the fault itself: then a failure of the suite proves nothing. */
  accidents: unknown[];
}

export async function startProxy(target: string, fault: Fault): Promise<Proxy> {
  const known = new Known();
  const forward: Forward = async (sent) => {
    const received = await forwardTo(target, sent);
    known.observe(sent, received);
    return received;
  };
  const accidents: unknown[] = [];
  const server = createServer((request, response) => {
    pass(request, response, (sent) => fault(sent, forward, known)).catch((error: unknown) => {
      accidents.push(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    accidents,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Headers about the connection, or that follow from the rest. */
const OWN = ['host', 'connection', 'keep-alive', 'content-length', 'transfer-encoding', 'date'];

async function pass(request: IncomingMessage, response: ServerResponse, answer: Forward) {
  const { method = '', url = '' } = request;
  const headers = named(
    Object.entries(request.headersDistinct).map(([k, v]) => [k, v?.join(', ')]),
  );
  const received = await answer({ method, path: url, headers, body: await text(request) });
  response.writeHead(received.status, received.headers).end(received.body);
}

async function forwardTo(target: string, sent: Sent): Promise<Received> {
  const { method, path, headers, body } = sent;
  const init = { method, headers, redirect: 'manual' } as const;
  const response = await fetch(target + path, body === '' ? init : { ...init, body });
  const { status } = response;
  return { status, headers: named([...response.headers]), body: await response.text() };
}

function named(headers: [string, string | undefined][]): Record<string, string> {
  const kept = headers.flatMap(([name, value = '']) => (OWN.includes(name) ? [] : [[name, value]]));
  return Object.fromEntries(kept);
}
