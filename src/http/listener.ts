import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import { v7 as uuid } from 'uuid';
import { type ProblemCode, problem } from './problem.ts';

/**
 * An HTTP server that answers with a problem document even where Node would answer, or hang up,
 * by itself: bytes that are no HTTP, headers that are too large, a request that takes too long.
 */
export function createListener(listener: RequestListener, options: ServerOptions): Server {
  // Node answers a request without `Host` with an empty 400; the service does not need the header.
  const server = createServer({ ...options, requireHostHeader: false }, listener);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(socket, error.code));
  server.on('connect', (_request, socket) => refuse(socket, 'CONNECT'));
  // An `Expect` that Node does not know would get an empty 417.
  server.on('checkExpectation', (request, response) => {
    const { body } = problem(417, 'expectation_failed', 'Only Expect: 100-continue is understood');
    response.writeHead(417, { ...headers(), connection: 'close' }).end(JSON.stringify(body));
    request.resume();
  });
  return server;
}

type Refusal = [status: number, code: ProblemCode, detail: string];

const NOT_HTTP: Refusal = [400, 'invalid_request', 'The request is not well-formed HTTP'];
const REFUSALS: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'The request headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'The request took too long to arrive'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'content_too_large', 'The chunk extensions are too large'],
  HPE_INVALID_METHOD: [501, 'method_not_implemented', 'The method is unknown'],
  CONNECT: [501, 'method_not_implemented', 'The service is no proxy'],
};

function refuse(socket: Duplex, reason = ''): void {
  if (!socket.writable || reason === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { status, body } = problem(...(REFUSALS[reason] ?? NOT_HTTP));
  const text = JSON.stringify(body);
  const lines = Object.entries({ ...headers(), 'content-length': Buffer.byteLength(text) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${body.title}\r\n${head}connection: close\r\n\r\n${text}`);
  // Whatever is still on its way is read and dropped for a moment: closing on unread bytes would
  // reset the connection, and the client could lose the answer (RFC 9112 §9.6).
  socket.on('error', () => socket.destroy());
  socket.resume();
  setTimeout(() => socket.destroy(), 1000).unref();
}

function headers(): Record<string, string> {
  return {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': uuid(),
  };
}
