import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';
import type { Overload, RequestHandler } from '../server/http-server.ts';
import type { RequestQueue } from '../server/request-queue.ts';
import type { Client } from './client-address.ts';
import { RequestContext } from './context.ts';
import type { Operation } from './contract.ts';
import { toProblem } from './errors.ts';
import { problem, unavailable } from './problem.ts';
import { createBodyReader, parseBody } from './request-body.ts';
import { methodNotAllowed, notFound, Router } from './routing.ts';
import type { HeaderList } from './security-headers.ts';
import { type AnyResponse, writeResponse } from './write-response.ts';

/** Makes the response of a page: a path that is not in the contract. */
export type Page = (context: RequestContext) => Promise<AnyResponse>;

export interface PipelineOptions {
  /** The operations of the contract, compiled. */
  operations: Operation[];
  /** By path, for `GET`. */
  pages: Record<string, Page>;
  /**
   * @param target the id of an operation, or the path of a page
   * @returns the queue that admits it; `undefined` if it does not have to wait
   */
  findQueue: (target: string) => RequestQueue | undefined;
  findClient: (request: IncomingMessage) => Client;
  securityHeaders: (request: IncomingMessage) => HeaderList;
  /** Whether a request may name that host. */
  isAllowedHost: (host: string | undefined) => boolean;
  bodyLimitBytes: number;
  /** Whether an error means that the database is down for now. */
  isOutage: (error: unknown) => boolean;
  /** Whether the service is shutting down: connections are closed after their next response. */
  isClosing: () => boolean;
  /** Runs the stages within a trace of the request. */
  trace?: ((context: RequestContext, run: () => void) => void) | undefined;
  /** Called with an error that becomes a 5xx. */
  report: (error: unknown, context: RequestContext) => void;
  /** Called with the finished context, once the response is closed. */
  record: (context: RequestContext) => void;
}

/** An operation of the contract, or a page. */
type Target = { operation: Operation } | { page: Page };

/**
 * The stages of a request: route, read body, admit, authenticate, parse body, validate, handle, check
 * response, write, record. A request is admitted when its body has arrived, so that a slow client
 * occupies no slot. A handler with expensive work exchanges its slot for one of another queue.
 */
export function createPipeline(options: PipelineOptions): RequestHandler {
  const { securityHeaders, isOutage, report, record, trace } = options;
  const router = createRouter(options);
  const readBody = createBodyReader(options.bodyLimitBytes);

  return (request, response, overload) => {
    const context = new RequestContext(request, response, options.findClient(request));
    if (options.isClosing()) response.shouldKeepAlive = false;
    response.once('close', () => record(context));
    if (trace) trace(context, () => void respond(context, overload));
    else void respond(context, overload);
    return () => {
      response.shouldKeepAlive = false;
      write(context, unavailable());
    };
  };

  async function respond(context: RequestContext, overload: Overload): Promise<void> {
    try {
      const answer = await runStages(context, overload);
      if (answer) write(context, answer);
    } catch (error) {
      writeError(context, error);
    } finally {
      context.releaseSlot();
    }
  }

  /** @returns the response of the stage that ends the request; `undefined` if nothing is to be written */
  async function runStages(
    context: RequestContext,
    overload: Overload,
  ): Promise<AnyResponse | undefined> {
    const { request, response } = context;
    if (!options.isAllowedHost(request.headers.host)) return misdirected();
    const target = findTarget(router, context);
    if ('status' in target) return target;
    const operation = 'operation' in target ? target.operation : undefined;

    const queue = options.findQueue(operation?.id ?? context.path);
    if (overload && (queue || overload === 'pipelining')) {
      return rejectOverload(context, queue, overload);
    }

    const bytes = operation?.mediaTypes.size ? await readBody(request, response) : undefined;

    if (queue) {
      const admission = await context.acquireSlot(queue);
      if (admission !== 'started') return admission === 'rejected' ? unavailable() : undefined;
    }
    if ('page' in target) return target.page(context);

    const { authenticate, mediaTypes, validate, handler } = target.operation;
    const { headers } = request;
    if (authenticate) {
      const outcome = await authenticate(headers.authorization);
      if ('rejection' in outcome) return outcome.rejection;
      context.principal = outcome.principal;
    }

    const body = parseBody(bytes, headers['content-type'], mediaTypes);
    if ('rejection' in body) return body.rejection;

    const { parameters: path, search, principal } = context;
    const validation = await validate({ path, search, headers, ...body });
    if ('rejection' in validation) return validation.rejection;
    if (!acceptsJson(request)) return notAcceptable();

    const answer = await handler({ ...validation.values, principal, context });
    checkResponse(target.operation, answer);
    return answer;
  }

  function write(context: RequestContext, answer: AnyResponse): void {
    writeResponse(context, securityHeaders(context.request), answer);
  }

  function writeError(context: RequestContext, error: unknown): void {
    const answer = isOutage(error) ? unavailable() : toProblem(error);
    if (answer.status >= 500) report(error ?? new Error('undefined was thrown'), context);
    if (!context.request.readableAborted) write(context, answer);
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

/** 421 (RFC 9110 §15.5.20): the service does not have that host name. */
function misdirected(): AnyResponse {
  const detail =
    'This service does not answer to that host. Set ALLOWED_HOSTS to the name that it is to have.';
  return problem(421, 'misdirected_request', detail);
}

/** @returns the target, or the answer: 400 for a URL that cannot be decoded, 404, 405, `OPTIONS` */
function findTarget(router: Router<Target>, context: RequestContext): Target | AnyResponse {
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

/**
 * A target without a queue is answered during overload, too. Only a client that pipelines without end
 * loses its connection.
 */
async function rejectOverload(
  { request, response }: RequestContext,
  queue: RequestQueue | undefined,
  overload: Overload,
): Promise<AnyResponse | undefined> {
  if (!queue) {
    request.socket.destroy();
    return undefined;
  }
  await queue.reject({ isImmediate: overload === 'pipelining' });
  if (overload === 'connections') response.shouldKeepAlive = false;
  return unavailable();
}

/** A client may ask for `application/json; charset=utf-8`, too. */
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
