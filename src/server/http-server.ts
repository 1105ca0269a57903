import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { v7 as uuid } from 'uuid';
import { problem } from '../http/problem.ts';
import { type Connection, ConnectionLimit } from './connection-limit.ts';
import { ResponseTimeouts } from './response-timeouts.ts';

/** Milliseconds, bytes and numbers. */
export interface HttpServerOptions extends ServerOptions {
  /** Requests on connections above this number are rejected. */
  maxConnections?: number;
  /** The clock of the timeouts, in milliseconds. */
  now?: () => number;
}

/** Why a request is to be rejected before any work is done for it. */
export type Overload = 'connections' | 'pipelining' | undefined;

/**
 * Answers a request.
 * @returns a function that answers it with 503, if it has no answer yet
 */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  overload: Overload,
) => () => void;

/** Clients send fewer. Node drops the rest, so that a request cannot fill the memory with headers. */
const MAX_HEADER_LINES = 100;

/** The limit of pending requests of one connection. */
const MAX_PIPELINED = 16;

/**
 * Creates an HTTP server that responds with a problem document where Node would send an empty response
 * or close the connection: bytes that are no HTTP, headers that are too large, a request that takes
 * too long to arrive or to be answered.
 */
export function createHttpServer(handle: RequestHandler, options: HttpServerOptions): Server {
  const { maxConnections = 1_000, requestTimeout = 30_000, now } = options;
  const connections = new ConnectionLimit(maxConnections);
  const timeouts = new ResponseTimeouts(requestTimeout, now);
  // With `requireHostHeader`, Node would respond to a request without `Host` with an empty 400.
  const server = createServer({ ...options, requireHostHeader: false }, (request, response) => {
    const connection = connections.beginRequest(request.socket, response);
    if (!hasOneHost(request)) return rejectRequest(response, MALFORMED_REQUEST);
    request.url = toOriginForm(request.url ?? '');
    timeouts.add(response, handle(request, response, detectOverload(connection)));
  });
  server.maxHeadersCount = MAX_HEADER_LINES;
  // Surplus connections get a 503 until there are too many of them, too: those are dropped.
  server.maxConnections = Math.ceil(maxConnections * 1.25) + 10;
  // Otherwise the primary of a cluster dispatches a dropped connection to other workers for ever.
  Object.assign(server, { dropMaxConnection: true }); // missing in @types/node
  server.on('connection', (socket) => connections.add(socket));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    rejectConnection(
      connections.find(socket),
      socket,
      REJECTIONS_BY_ERROR[error.code ?? ''] ?? MALFORMED_REQUEST,
    );
  });
  server.on('connect', (_request, socket) => {
    rejectConnection(connections.find(socket), socket, CONNECT_REJECTED);
  });
  // Node would respond to an unknown `Expect` with an empty 417.
  server.on('checkExpectation', (_request, response) =>
    rejectRequest(response, UNKNOWN_EXPECTATION),
  );
  const interval = options.connectionsCheckingInterval ?? 1_000;
  const checking = setInterval(() => timeouts.check(), interval);
  server.once('close', () => clearInterval(checking));
  checking.unref();
  return server;
}

/** A server that listens until it is disposed of. */
export interface RunningServer extends AsyncDisposable {
  /** The base URL, without a slash at the end. */
  url: string;
}

export interface ListenOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** How long pending requests have when the server is closed, in milliseconds. */
  shutdownTimeout: number;
}

/** @throws the error of the system when it cannot listen there */
export async function listen(
  server: Server,
  { host, port, shutdownTimeout }: ListenOptions,
): Promise<RunningServer> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    url: formatUrl(server, host),
    [Symbol.asyncDispose]: () => closeServer(server, shutdownTimeout),
  };
}

/**
 * Resolves when the last response has been written. Connections are closed when they become idle, and
 * at the timeout in any case: Node checks no timeouts after `close`.
 */
function closeServer(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    const end = setTimeout(() => server.closeAllConnections(), timeoutMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(end);
      resolve();
    });
  });
}

function formatUrl(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo; // not a text: it listens on a port, not on a pipe
  const name = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host;
  return `http://${name}:${port}`;
}

function detectOverload(connection: Connection | undefined): Overload {
  // Node stops reading a pipelining client only once responses are backed up.
  if (connection && connection.pending > MAX_PIPELINED) return 'pipelining';
  return connection?.isSurplus ? 'connections' : undefined;
}

/** RFC 9112 §3.2: a request with more than one `Host`, or none since HTTP/1.1, is refused. */
function hasOneHost({ headersDistinct: { host }, httpVersion }: IncomingMessage): boolean {
  return host ? host.length === 1 : httpVersion === '1.0';
}

/** RFC 9112 §3.2: a target may be a whole URL. Other forms become a path that has no route. */
function toOriginForm(target: string): string {
  if (target.startsWith('/')) return target;
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

type Rejection = ReturnType<typeof problem>;

const MALFORMED_REQUEST = problem(400, 'invalid_request', 'The request is not well-formed HTTP');
const CONNECT_REJECTED = problem(501, 'method_not_implemented', 'The service is no proxy');
const UNKNOWN_EXPECTATION = problem(
  417,
  'expectation_failed',
  'Only Expect: 100-continue is understood',
);
const REJECTIONS_BY_ERROR: Record<string, Rejection> = {
  HPE_HEADER_OVERFLOW: problem(431, 'headers_too_large', 'The request headers are too large'),
  ERR_HTTP_REQUEST_TIMEOUT: problem(408, 'request_timeout', 'The request took too long to arrive'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: problem(
    413,
    'content_too_large',
    'The chunk extensions are too large',
  ),
  HPE_INVALID_METHOD: problem(501, 'method_not_implemented', 'The method is unknown'),
};

/** Responds to a request before any handler, and closes its connection. */
function rejectRequest(response: ServerResponse, rejection: Rejection): void {
  const { headers, text } = renderRejection(rejection);
  response.writeHead(rejection.status, { ...headers, Connection: 'close' }).end(text);
}

/** Responds on a connection whose bytes are no request, or an incomplete one, and closes it. */
function rejectConnection(
  connection: Connection | undefined,
  socket: Duplex,
  rejection: Rejection,
): void {
  if (connection?.isClosing) return;
  if (connection) connection.isClosing = true;
  // Node leaves the socket of a CONNECT to us. An error without a listener would end the process.
  socket.on('error', () => socket.destroy());
  const latest = connection?.latestResponse;
  const isPending = latest !== undefined && !latest.writableFinished;
  if (isPending && latest.req.complete) {
    // Responses are sent in the order of their requests.
    latest.once('finish', () => endWithRejection(socket, rejection));
  } else if (isPending && latest.headersSent) {
    socket.destroy();
  } else {
    if (isPending) latest.statusCode = rejection.status; // for the log
    endWithRejection(socket, rejection);
  }
}

/** Longer than a client takes to notice the response. */
const LINGER_MS = 5_000;

function endWithRejection(socket: Duplex, rejection: Rejection): void {
  if (!socket.writable) return;
  const { headers, text } = renderRejection(rejection);
  const lines = Object.entries({ ...headers, Connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${rejection.status} ${rejection.body.title}\r\n${head}\r\n${text}`);
  // Closing with unread bytes would reset the connection, and the client could lose the response
  // (RFC 9112 §9.6): read and drop them for a moment.
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function renderRejection({ body }: Rejection) {
  const text = JSON.stringify(body);
  const headers = {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': uuid(),
  };
  return { headers, text };
}
