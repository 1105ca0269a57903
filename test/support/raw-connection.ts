// Connections for bytes that no HTTP client would send, or at a moment that none would choose.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import type { Answer } from './http.ts';

/** A response as it came over the connection. */
export interface RawAnswer extends Answer {
  reason: string;
}

/** A connection that is destroyed at the end of the test at the latest. Errors are ignored. */
export function openSocket(url: string): Socket {
  const socket = createSocket(url).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

function createSocket(url: string, { allowHalfOpen = false } = {}): Socket {
  const port = Number(new URL(url).port);
  return connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen });
}

/** A connection that is open before it is used. */
export async function openConnection(url: string) {
  const socket = openSocket(url);
  await once(socket, 'connect');
  let received = '';
  const waiting: PromiseWithResolvers<RawAnswer>[] = [];
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
    for (let next = first(received); next && waiting.length > 0; next = first(received)) {
      received = next.rest;
      waiting.shift()?.resolve(next.answer);
    }
  });
  socket.on('close', () => {
    for (const { reject } of waiting) reject(new Error('the connection was closed'));
  });
  /** The next response; several may be awaited in advance. */
  const answer = () => {
    const next = Promise.withResolvers<RawAnswer>();
    waiting.push(next);
    return next.promise;
  };
  return { socket, answer };
}

/** So many connections, all of which the service has accepted. */
export async function openConnections(url: string, count: number) {
  const connections = await Promise.all(Array.from({ length: count }, () => openConnection(url)));
  const last = await openConnection(url); // once it is answered all the others have been accepted
  last.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await last.answer();
  last.socket.destroy();
  return connections;
}

/**
 * Sends each request on its own connection, all at once: a service in the same process reads all of
 * them before it does anything else.
 */
export async function sendAtOnce(url: string, requests: string[]): Promise<Promise<RawAnswer>[]> {
  const connections = await openConnections(url, requests.length);
  const answers = connections.map(({ socket, answer }) => answer().finally(() => socket.destroy()));
  for (const [index, { socket }] of connections.entries()) socket.write(requests[index] ?? '');
  return answers;
}

export interface ExchangeOptions {
  /** The connection is closed from this side as soon as all is sent. */
  hangUp?: boolean;
  /** Methods of the requests: responses to HEAD have no body, whatever their headers say. */
  methods?: string[];
}

/**
 * Sends all bytes, whatever is answered meanwhile, and reads until the service closes the
 * connection. A reset is an error.
 */
export async function exchange(
  url: string,
  bytes: string | Uint8Array | (string | Uint8Array)[],
  { hangUp = false, methods = [] }: ExchangeOptions = {},
): Promise<RawAnswer[]> {
  const socket = createSocket(url, { allowHalfOpen: true });
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  const ended = once(socket, 'end', { signal: AbortSignal.timeout(100_000) });
  ended.catch(() => {}); // it is awaited below, once all is sent
  await once(socket, 'connect');
  for (const part of Array.isArray(bytes) ? bytes : [bytes]) {
    await new Promise((sent) => socket.write(part, sent));
  }
  if (hangUp) socket.end();
  try {
    await ended;
  } finally {
    socket.destroy();
  }
  const answers: RawAnswer[] = [];
  for (let text = Buffer.concat(received).toString('latin1'); text !== ''; ) {
    const next = first(text, methods[answers.length]);
    if (!next) throw new Error(`no whole response: ${text.slice(0, 200)}`);
    answers.push(next.answer);
    text = next.rest;
  }
  return answers;
}

/** The only response to these bytes. */
export async function answerTo(...parameters: Parameters<typeof exchange>): Promise<RawAnswer> {
  const [answer, ...more] = await exchange(...parameters);
  if (!answer || more.length > 0) throw new Error(`${more.length + (answer ? 1 : 0)} responses`);
  return answer;
}

/** The first response in a text of one character for each byte, unless it is not all there. */
function first(text: string, method?: string) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const [, code = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? [];
  if (!code) throw new Error(`no status line: ${statusLine}`);
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
  const status = Number(code);
  const length = bodyLength(status, headers, method);
  const rest = text.slice(end + 4);
  if (rest.length < length) return undefined;
  const body = Buffer.from(rest.slice(0, length), 'latin1').toString();
  return { answer: { status, reason, headers, text: body }, rest: rest.slice(length) };
}

function bodyLength(status: number, headers: Headers, method: string | undefined) {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  const length = headers.get('content-length');
  if (length === null) throw new Error('the response does not say how long it is');
  return Number(length);
}

function post(path: string, body: string): string {
  return [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

export function loginRequest(credentials: { username: string; password: string }): string {
  return post('/auth/login', JSON.stringify(credentials));
}

export function refreshRequest(refresh_token: string): string {
  return post('/auth/refresh', JSON.stringify({ refresh_token }));
}

/**
 * A login of which the service has the headers and five bytes of the body.
 * @returns `finish`, which sends the rest and waits for the response, and the socket
 */
export async function beginLogin(url: string, credentials: { username: string; password: string }) {
  const request = loginRequest(credentials).replace('\r\n\r\n', '\r\nExpect: 100-continue$&');
  const sent = request.indexOf('\r\n\r\n') + 9;
  const socket = openSocket(url).setEncoding('utf8');
  socket.write(request.slice(0, sent));
  expect(await once(socket, 'data')).toEqual(['HTTP/1.1 100 Continue\r\n\r\n']);
  let received = '';
  socket.on('data', (text: string) => {
    received += text;
  });
  const finish = async () => {
    if (!socket.destroyed) socket.write(request.slice(sent));
    await expect.poll(() => socket.destroyed).toBe(true);
    return received;
  };
  return { socket, finish };
}
