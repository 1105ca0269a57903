import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';
import type { Overload, RequestHandler } from '../server/http-server.ts';
import type { RequestQueue } from '../server/request-queue.ts';
import type { ClientLookup } from './client-address.ts';
import { RequestContext } from './context.ts';
import type { Operation } from './contract.ts';
import { toProblem } from './errors.ts';
import type { OperationId } from './operation.ts';
import { problem, unavailable } from './problem.ts';
import { createBodyReader, parseBody } from './request-body.ts';
import { methodNotAllowed, notFound, Router } from './routing.ts';
import type { HeaderList } from './security-headers.ts';
import { type AnyResponse, writeResponse } from './write-response.ts';

/** Sends a page or a file beside the contract. */
export type Page = (context: RequestContext) => Promise<void>;

export interface PipelineOptions {
  /** The operations of the contract, compiled. */
  operations: Operation[];
  /** What `GET` answers beside the contract, by path. */
  pages: Record<string, Page>;
  /** Where a request waits for its turn; `undefined` for what is never rejected. */
  findQueue: (target: OperationId | `/${string}`) => RequestQueue | undefined;
  clients: ClientLookup;
  securityHeaders: (request: IncomingMessage) => HeaderList;
  /** Whether a request may name that host. */
  isAllowedHost: (host: string | undefined) => boolean;
  /** In bytes. */
  bodyLimit: number;
  /** Whether an error means that something the service stands on is down for now. */
  isOutage: (error: unknown) => boolean;
  /** Whether connections are to be closed after their next answer. */
  isClosing: () => boolean;
  /** Runs the stages within a trace of the request. */
  trace?: ((context: RequestContext, run: () => void) => void) | undefined;
  /** Takes an error that becomes a 5xx. */
  report: (error: unknown, context: RequestContext) => void;
  /** Takes the finished context, once the response is closed. */
  record: (context: RequestContext) => void;
}

/** What a request is about: an operation of the contract, or a page. */
type Target = { operation: Operation } | { page: Page };

type Answer = AnyResponse | undefined;

/**
 * The way of a request, in its stages: route, read body, admit, authenticate, parse body, validate,
 * handle, check response, write, record. A request is admitted once it has arrived whole, so that a slow client
 * takes up no slot. A page has its slot until it begins to be sent. A handler with expensive work
 * exchanges its slot for one of another queue.
 */
export function createPipeline(options: PipelineOptions): RequestHandler {
  const { securityHeaders, isOutage, report, record, trace } = options;
  const router = createRouter(options);
  const readBody = createBodyReader(options.bodyLimit);

  return (request, response, overload) => {
    const context = new RequestContext(request, response, options.clients);
    if (options.isClosing()) response.shouldKeepAlive = false;
    response.once('close', () => record(context));
    if (trace) trace(context, () => void respond(context, overload));
    else void respond(context, overload);
    return () => {
      response.shouldKeepAlive = false;
      writeAnswer(context, unavailable());
    };
  };

  async function respond(context: RequestContext, overload: Overload): Promise<void> {
    try {
      const answer = await runStages(context, overload);
      if (answer) writeAnswer(context, answer);
    } catch (error) {
      writeError(context, error);
    } finally {
      context.releaseSlot();
    }
  }

  /** The stages. Each of them may be the last: what it returns is the answer. */
  async function runStages(context: RequestContext, overload: Overload): Promise<Answer> {
    const { request, response } = context;
    if (!options.isAllowedHost(request.headers.host)) return misdirected();
    const target = route(router, context);
    if ('status' in target) return target;

    const queue = options.findQueue(context.operation?.id ?? (context.route as `/${string}`)); // found
    if (overload && (queue || overload === 'pipelining')) {
      return rejectOverload(context, queue, overload);
    }

    const { operation } = context;
    const takesBody = operation !== undefined && operation.mediaTypes.size > 0;
    const bytes = takesBody ? await readBody(request, response) : undefined;

    if (queue) {
      const admission = await context.acquireSlot(queue);
      if (admission !== 'started') return admission === 'rejected' ? unavailable() : undefined;
    }
    if ('page' in target) {
      context.releaseSlot(); // its reader may be slow
      setHeaders(context, securityHeaders(request));
      await target.page(context);
      return undefined;
    }

    const refusal = await authenticate(context, target.operation);
    if (refusal) return refusal;

    const contentType = request.headers['content-type'];
    const body = parseBody(bytes, contentType, target.operation.mediaTypes);
    if ('refusal' in body) return body.refusal;

    const { parameters: path, search } = context;
    const received = { path, search, headers: request.headers, ...body };
    const validation = await target.operation.validate(received);
    if ('refusal' in validation) return validation.refusal;
    if (!acceptsJson(request)) return notAcceptable();

    const { principal } = context;
    const answer = await target.operation.handler({ ...validation.values, principal, context });
    checkResponse(target.operation, answer);
    return answer;
  }

  function writeAnswer(context: RequestContext, answer: AnyResponse): void {
    writeResponse(context, securityHeaders(context.request), answer);
  }

  function writeError(context: RequestContext, error: unknown): void {
    const { request, response } = context;
    const answer = isOutage(error) ? unavailable() : toProblem(error);
    if (answer.status >= 500) report(error ?? new Error('nothing was thrown'), context);
    if (request.readableAborted) return; // the client is gone
    if (response.headersSent && !response.writableEnded)
      response.destroy(); // half a page is out
    else writeAnswer(context, answer);
  }
}

function createRouter(options: PipelineOptions): Router<Target> {
  const router = new Router<Target>();
  for (const operation of options.operations) {
    router.add(operation.method, operation.path, { operation });
  }
  for (const [path, page] of Object.entries(options.pages)) router.add('GET', path, { page });
  return router;
}

/** 421 (RFC 9110 §15.5.20): the host is none of this service. */
function misdirected(): AnyResponse {
  const detail =
    'This service does not answer to that host. Set ALLOWED_HOSTS to the name that it is to have.';
  return problem(421, 'misdirected_request', detail);
}

/** 404, 405 and `OPTIONS` are decided here, and what is no UTF-8 when it is decoded. */
function route(router: Router<Target>, context: RequestContext): Target | AnyResponse {
  if (!isDecodable(context)) {
    return problem(400, 'invalid_request', 'The URL has a malformed escape sequence');
  }
  const match = router.find(context.path);
  if (!match) return notFound();
  const { targets, path } = match.route;
  context.route = path;
  context.parameters = match.parameters;
  const { method } = context;
  const target = targets.get(method);
  if (!target) return methodNotAllowed(method, targets.keys());
  if ('operation' in target) context.operation = target.operation;
  return target;
}

function isDecodable({ request: { url = '' } }: RequestContext): boolean {
  if (!url.includes('%')) return true;
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}

/** What has no queue is answered on every connection, but not without an end on one. */
async function rejectOverload(
  { request, response }: RequestContext,
  queue: RequestQueue | undefined,
  overload: Overload,
): Promise<Answer> {
  if (!queue) {
    request.socket.destroy();
    return undefined;
  }
  await queue.reject({ isImmediate: overload === 'pipelining' });
  if (overload === 'connections') response.shouldKeepAlive = false;
  return unavailable();
}

/** Puts the principal into the context, or returns why there is none. */
async function authenticate(context: RequestContext, operation: Operation): Promise<Answer> {
  if (!operation.authenticate) return undefined;
  const outcome = await operation.authenticate(context.request.headers.authorization);
  if ('refusal' in outcome) return outcome.refusal;
  context.principal = outcome.principal;
  return undefined;
}

/** With the parameter that the answers have, which a media range may ask for. */
const OFFERED = ['application/json', 'application/problem+json'].flatMap((type) => [
  type,
  `${type}; charset=utf-8`,
]);

function acceptsJson(request: IncomingMessage): boolean {
  const { accept } = request.headers;
  if (!accept || accept === '*/*' || accept === 'application/json') return true;
  return new Negotiator(request).mediaType(OFFERED) !== undefined;
}

function notAcceptable(): AnyResponse {
  const detail = 'The answer is JSON, which the Accept header excludes';
  return problem(406, 'not_acceptable', detail);
}

/** @throws Error when the handler has broken the contract */
function checkResponse({ id, responses }: Operation, answer: AnyResponse): void {
  const check = responses.get(answer.status);
  const fault = check ? check(answer) : 'which is not declared';
  if (fault) throw new Error(`${id} has answered ${answer.status} ${fault}`);
}

function setHeaders({ response, requestId }: RequestContext, headers: HeaderList): void {
  response.setHeader('X-Request-Id', requestId);
  for (let n = 0; n < headers.length; n += 2) {
    response.setHeader(headers[n] ?? '', headers[n + 1] ?? '');
  }
}
