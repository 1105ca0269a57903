import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { v7 as uuid } from 'uuid';
import { type ProblemCode, problem } from './problem.ts';

/**
 * An HTTP server that answers with a problem document even where Node would answer, or hang up,
 * by itself: bytes that are no HTTP, headers that are too large, a request that takes too long.
 */
export function createListener(listener: RequestListener, options: ServerOptions): Server {
  const latest = new WeakMap<Duplex, ServerResponse>();
  // Node would answer a request without `Host` with an empty 400.
  const server = createServer({ ...options, requireHostHeader: false }, (request, response) => {
    latest.set(request.socket, response);
    if (!hasOneHost(request)) return answer(response, NOT_HTTP);
    request.url = originForm(request.url ?? '');
    listener(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refuse(socket, latest.get(socket), REFUSALS[error.code ?? ''] ?? NOT_HTTP);
  });
  server.on('connect', (_request, socket) => refuse(socket, latest.get(socket), NO_PROXY));
  // An `Expect` that Node does not know would get an empty 417.
  server.on('checkExpectation', (_request, response) => answer(response, UNEXPECTED));
  return server;
}

/** RFC 9112 §3.2: a request with more than one `Host`, or none since HTTP/1.1, is refused. */
function hasOneHost({ headersDistinct, httpVersion }: IncomingMessage): boolean {
  const count = headersDistinct['host']?.length ?? 0;
  return count === 1 || (count === 0 && httpVersion === '1.0');
}

/** RFC 9112 §3.2: a whole URL is as good as its path; whatever else there is, is nowhere. */
function originForm(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

type Refusal = [status: number, code: ProblemCode, detail: string];

const NOT_HTTP: Refusal = [400, 'invalid_request', 'The request is not well-formed HTTP'];
const NO_PROXY: Refusal = [501, 'method_not_implemented', 'The service is no proxy'];
const UNEXPECTED: Refusal = [417, 'expectation_failed', 'Only Expect: 100-continue is understood'];
const REFUSALS: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'The request headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'The request took too long to arrive'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'content_too_large', 'The chunk extensions are too large'],
  HPE_INVALID_METHOD: [501, 'method_not_implemented', 'The method is unknown'],
};

/** Answers a request that goes no further. */
function answer(response: ServerResponse, [status, code, detail]: Refusal): void {
  const text = JSON.stringify(problem(status, code, detail).body);
  response.writeHead(status, headers(text)).end(text);
}

/** What a refused connection still sends is of no interest, and its errors are none. */
const refused = new WeakSet<Duplex>();

/** Answers on a connection whose bytes make no request, or no whole one, and closes it. */
function refuse(socket: Duplex, latest: ServerResponse | undefined, refusal: Refusal): void {
  if (refused.has(socket)) return;
  refused.add(socket);
  const isPending = latest !== undefined && !latest.writableFinished;
  if (isPending && latest.req.complete) {
    // Answers go out in the order of their requests.
    latest.once('finish', () => hangUp(socket, refusal));
  } else if (isPending && latest.headersSent) {
    socket.destroy();
  } else {
    if (isPending) latest.statusCode = refusal[0]; // for the log
    hangUp(socket, refusal);
  }
}

/** Longer than any honest client takes to notice that it has been answered. */
const LINGER = 5_000;

function hangUp(socket: Duplex, [status, code, detail]: Refusal): void {
  if (!socket.writable) return;
  const { body } = problem(status, code, detail);
  const text = JSON.stringify(body);
  const lines = Object.entries(headers(text)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${body.title}\r\n${lines.join('')}\r\n${text}`);
  // Whatever is still on its way is read and dropped for a moment: closing on unread bytes would
  // reset the connection, and the client could lose the answer (RFC 9112 §9.6).
  socket.on('error', () => socket.destroy());
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER).unref();
}

function headers(text: string): Record<string, string | number> {
  return {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': uuid(),
    Connection: 'close',
  };
}
