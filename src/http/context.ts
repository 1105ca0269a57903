import type { IncomingMessage, ServerResponse } from 'node:http';
import { v7 as uuid } from 'uuid';
import type { Admission, RequestQueue } from '../server/request-queue.ts';
import type { ClientLookup } from './client-address.ts';
import type { Operation } from './contract.ts';
import type { Principal } from './operation.ts';

/** Everything that is known of one request, from its arrival to its log line. */
export class RequestContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Goes out as `X-Request-Id`, and names the request in the log. */
  readonly requestId: string;
  /**
   * The client's network address; a proxy's word counts only where the proxy is configured. It is
   * read at once: a closed connection has none.
   */
  readonly address: string;
  /** Milliseconds, of `performance.now()`. */
  readonly startedAt = performance.now();
  /** As it was sent: `HEAD` is not `GET` here. */
  readonly method: string;
  readonly path: string;
  /** The query, without its `?`. */
  readonly search: string;
  /** The path as the contract or a page declares it; `undefined` where there is nothing. */
  route: string | undefined;
  /** `undefined` for pages, and for what is not routed. */
  operation: Operation | undefined;
  /** Path parameters, decoded. */
  parameters: Record<string, string> = {};
  principal: Principal | undefined;
  /** The identifier of its trace, where it is recorded. */
  traceId: string | undefined;
  readonly #clients: ClientLookup;
  /** The queue in which it has a slot. */
  #queue: RequestQueue | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, clients: ClientLookup) {
    this.request = request;
    this.response = response;
    this.#clients = clients;
    this.requestId = chooseRequestId(request);
    this.address = clients.findAddress(request);
    this.method = request.method ?? '';
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.search = mark < 0 ? '' : url.slice(mark + 1);
  }

  /**
   * Waits for a slot in a queue. It has one slot at most: the one in another queue is released before
   * the wait, so that requests that wait here keep no place there.
   * @param key see {@link RequestQueue.acquire}
   */
  async acquireSlot(queue: RequestQueue, key?: string): Promise<Admission> {
    this.releaseSlot();
    const { response } = this;
    const isAbandoned = () => response.writableEnded || response.destroyed;
    const admission = await queue.acquire(isAbandoned, key);
    if (admission === 'started') this.#queue = queue;
    return admission;
  }

  releaseSlot(): void {
    this.#queue?.release();
    this.#queue = undefined;
  }

  /** `http` or `https`, as the client used it. */
  get scheme(): string {
    return this.#clients.findScheme(this.request);
  }

  /** See {@link ClientLookup.findHost}. */
  get host(): string {
    return this.#clients.findHost(this.request);
  }

  /** The path under which a proxy has the service: empty, or `/…`. */
  get prefix(): string {
    return this.#clients.findPrefix(this.request);
  }

  /** `User-Agent`, at most 256 characters; empty if there was none. */
  get userAgent(): string {
    return this.request.headers['user-agent']?.slice(0, 256) ?? '';
  }

  /** The answer's status; 499, as nginx has it, where the client was gone before. */
  get status(): number {
    const { headersSent, statusCode } = this.response;
    return headersSent || statusCode !== 200 ? statusCode : 499;
  }
}

/** A UUID, a ULID or a trace id (W3C Trace Context): nothing else that a client could send is one. */
const REQUEST_ID =
  /^([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|[0-7][\dA-HJKMNP-TV-Z]{25}|[\da-f]{32})$/i;

/**
 * The client's own id if it cannot be anything else, else a new one (UUID v7). A secret that was sent
 * there by mistake does not get into the log.
 */
function chooseRequestId({ headers }: IncomingMessage): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : uuid();
}
