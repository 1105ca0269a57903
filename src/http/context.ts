import type { IncomingMessage, ServerResponse } from 'node:http';
import { v7 as uuid } from 'uuid';
import type { Admission, RequestQueue } from '../server/request-queue.ts';
import type { Client } from './client-address.ts';
import type { Operation } from './contract.ts';
import type { Principal } from './operation.ts';

/** All that is known of one request, from its arrival to its log line. */
export class RequestContext implements Client {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Sent as `X-Request-Id`, and a member of the log line. */
  readonly requestId: string;
  readonly address: string;
  readonly scheme: string;
  readonly host: string;
  readonly prefix: string;
  /** By `performance.now()`, in milliseconds. */
  readonly startedAt = performance.now();
  readonly method: string;
  readonly path: string;
  /** The query, without its `?`. */
  readonly search: string;
  /** The path as the contract writes it, or of a page; `undefined` if there is none. */
  route: string | undefined;
  /** `undefined` for pages, and where no route was found. */
  operation: Operation | undefined;
  /** Path parameters, decoded. */
  parameters: Record<string, string> = {};
  principal: Principal | undefined;
  /** The id of its trace, if that is sampled. */
  traceId: string | undefined;
  /** The queue of which it has a slot. */
  #queue: RequestQueue | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, client: Client) {
    this.request = request;
    this.response = response;
    this.requestId = chooseRequestId(request);
    ({ address: this.address, scheme: this.scheme, host: this.host, prefix: this.prefix } = client);
    this.method = request.method ?? '';
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.search = mark < 0 ? '' : url.slice(mark + 1);
  }

  /**
   * Waits for a slot of a queue. A request has one slot at most: it releases the slot of another queue
   * first, which it would block while it waits.
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

  /** `User-Agent`, cut off at 256 characters; empty if there is none. */
  get userAgent(): string {
    return this.request.headers['user-agent']?.slice(0, 256) ?? '';
  }

  /** The status of the response; 499, as in nginx, if the client has disconnected before it. */
  get status(): number {
    const { headersSent, statusCode } = this.response;
    return headersSent || statusCode !== 200 ? statusCode : 499;
  }
}

/** A UUID, a ULID or a trace id (W3C Trace Context). Nothing else that clients send looks like one. */
const REQUEST_ID =
  /^([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|[0-7][\dA-HJKMNP-TV-Z]{25}|[\da-f]{32})$/i;

/**
 * The id that the client sent, or a new one (UUID v7) if it could be anything else: a secret, sent by
 * mistake, must not get into the log.
 */
function chooseRequestId({ headers }: IncomingMessage): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : uuid();
}
