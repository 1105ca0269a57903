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
import { Connections, Pending } from './connections.ts';
import type { LaneOf } from './load.ts';
import { type ProblemCode, problem, unavailable } from './problem.ts';

/** Milliseconds, bytes and numbers. */
export interface ListenerOptions extends ServerOptions {
  /** How many connections are served; on some more, every request that has a lane is shed. */
  maxConnections?: number;
  /** Where a request waits for its turn. */
  laneOf?: LaneOf;
  /** The clock by which a request takes too long, in milliseconds. */
  now?: () => number;
  /** Steps that set the headers that every answer has, for one that is shed. */
  setHeaders?: Step[];
}

type Step = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** More header lines than any client sends. */
const HEADERS = 100;

/** How many requests of one connection may be under way (pipelining), as an answer is for one. */
const PIPELINED = 16;

/**
 * An HTTP server that answers with a problem document even where Node would answer, or hang up,
 * by itself: bytes that are no HTTP, headers that are too large or too many, a request that takes
 * too long to come or to be answered. What it has no room for it sheds with 503, before anything
 * else is looked at: that is to cost as little as can be.
 */
export function createListener(listener: RequestListener, options: ListenerOptions): Server {
  const { maxConnections = 1_000, laneOf, setHeaders = [], now } = options;
  const latest = new WeakMap<Duplex, ServerResponse>();
  const connections = new Connections(maxConnections);
  const shed = (response: ServerResponse, isLast = true) => {
    if (response.headersSent || response.destroyed) return; // it took too long, or nobody is left
    if (!response.hasHeader('X-Request-Id')) {
      for (const step of setHeaders) step(response.req, response, () => undefined);
    }
    answer(response, OVERLOADED, { isLast });
  };
  const pending = new Pending(options.requestTimeout ?? 30_000, shed, now);
  // Node would answer a request without `Host` with an empty 400.
  const server = createServer({ ...options, requireHostHeader: false }, (request, response) => {
    latest.set(request.socket, response);
    const { socket } = request;
    const count = connections.begin(socket);
    response.once('close', () => connections.end(socket));
    pending.add(response);
    if (!hasOneHost(request)) return answer(response, NOT_HTTP);
    request.url = originForm(request.url ?? '');
    const lane = laneOf?.(request);
    const isSurplus = connections.isSurplus(socket);
    // Node reads on until it has answers that it cannot send; without them it would for ever.
    const isFlooded = count > PIPELINED;
    if (isFlooded && !lane) return void socket.destroy();
    if (lane && (isSurplus || isFlooded || !lane.hasRoom())) {
      return lane.refuse(() => shed(response, isSurplus), { isAtOnce: isFlooded });
    }
    listener(request, response);
  });
  server.maxHeadersCount = HEADERS;
  // Those above are shed in an orderly way; whatever still comes Node drops.
  server.maxConnections = Math.ceil(maxConnections * 1.25) + 10;
  // Else the leading process would hand it from worker to worker for as long as all are full.
  Object.assign(server, { dropMaxConnection: true }); // which @types/node does not know yet
  server.on('connection', (socket) => connections.add(socket));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refuse(socket, latest.get(socket), REFUSALS[error.code ?? ''] ?? NOT_HTTP);
  });
  server.on('connect', (_request, socket) => refuse(socket, latest.get(socket), NO_PROXY));
  // An `Expect` that Node does not know would get an empty 417.
  server.on('checkExpectation', (_request, response) => answer(response, UNEXPECTED));
  const checking = setInterval(() => pending.check(), options.connectionsCheckingInterval ?? 1_000);
  server.once('close', () => clearInterval(checking));
  checking.unref();
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
const OVERLOADED: Refusal = [503, 'unavailable', unavailable().body.detail];
const UNEXPECTED: Refusal = [417, 'expectation_failed', 'Only Expect: 100-continue is understood'];
const REFUSALS: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'The request headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'The request took too long to arrive'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'content_too_large', 'The chunk extensions are too large'],
  HPE_INVALID_METHOD: [501, 'method_not_implemented', 'The method is unknown'],
};

/** Answers a request that goes no further. */
function answer(response: ServerResponse, refusal: Refusal, { isLast = true } = {}): void {
  const { headers, text } = written(refusal, response.getHeader('X-Request-Id'));
  if (isLast) response.setHeader('Connection', 'close');
  response.writeHead(refusal[0], headers).end(text);
}

/** What a refused connection still sends is of no interest, and its errors are none. */
const refused = new WeakSet<Duplex>();

/** Answers on a connection whose bytes make no request, or no whole one, and closes it. */
function refuse(socket: Duplex, latest: ServerResponse | undefined, refusal: Refusal): void {
  if (refused.has(socket)) return;
  refused.add(socket);
  // Of a CONNECT Node has left the socket, its errors included, to us: unheard they end the process.
  socket.on('error', () => socket.destroy());
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

function hangUp(socket: Duplex, refusal: Refusal): void {
  if (!socket.writable) return;
  const { title, headers, text } = written(refusal);
  const lines = Object.entries({ ...headers, Connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${refusal[0]} ${title}\r\n${head}\r\n${text}`);
  // Whatever is still on its way is read and dropped for a moment: closing on unread bytes would
  // reset the connection, and the client could lose the answer (RFC 9112 §9.6).
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER).unref();
}

function written([status, code, detail]: Refusal, id: unknown = uuid()) {
  const { body } = problem(status, code, detail);
  const isOurs = status === 503;
  const text = JSON.stringify(isOurs ? { ...body, request_id: id } : body);
  const headers = {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': String(id),
    ...(isOurs && unavailable().headers),
  };
  return { title: body.title, headers, text };
}
