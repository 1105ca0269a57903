import type { Request, RequestHandler, Response } from 'express';
import { operationsOf } from './contract.ts';
import type { ContractDocument } from './document.ts';
import { problem } from './problem.ts';
import { send } from './send.ts';

/**
 * What HTTP asks of every path: a well-formed URL, 404 and 405 before anything else is looked at,
 * `OPTIONS`, and `HEAD` wherever there is `GET`.
 */
export function protocol(document: ContractDocument): RequestHandler[] {
  return [wellFormedUrl, route(document), headAsGet];
}

/** What is no UTF-8 when it is decoded would reach the operation as other characters. */
const wellFormedUrl: RequestHandler = (request, response, next) => {
  try {
    decodeURIComponent(request.originalUrl);
  } catch {
    const detail = 'The URL has a malformed escape sequence';
    return send(response, problem(400, 'invalid_request', detail));
  }
  next();
};

/**
 * Paths are matched exactly. express-openapi-validator takes `/todos/` for `/todos`, refuses
 * `HEAD` and `OPTIONS`, and comes after the body has been read.
 */
function route(document: ContractDocument): RequestHandler {
  const paths = pathsOf(document);
  return (request, response, next) => {
    const [path = ''] = request.originalUrl.split('?', 1);
    const methods = paths.find(({ pattern }) => pattern.test(path))?.methods;
    if (!methods) {
      return send(response, problem(404, 'not_found', 'There is nothing at this path'));
    }
    if (methods.includes(request.method)) return next();
    refuseMethod(request, response, methods);
  };
}

/** What a path answers that knows these methods only. */
function refuseMethod(request: Request, response: Response, methods: string[]): void {
  const headers = { Allow: methods.join(', ') };
  const detail = `${request.method} is not allowed here`;
  const refusal = problem(405, 'method_not_allowed', detail);
  send(response, { ...(request.method === 'OPTIONS' ? { status: 204 } : refusal), headers });
}

/** For what stands beside the contract: every other method than those that read. */
export const otherThanGet: RequestHandler = (request, response) => {
  refuseMethod(request, response, ['GET', 'HEAD']);
};

/** The paths of the contract, each with the methods that it knows. */
function pathsOf(document: ContractDocument) {
  const methods = new Map<string, string[]>();
  for (const { path, method } of operationsOf(document)) {
    const known = method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()];
    methods.set(path, [...(methods.get(path) ?? []), ...known]);
  }
  return [...methods].map(([path, known]) => ({
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    methods: known,
  }));
}

/** Node leaves the body of an answer to `HEAD` out by itself: the connection knows the method. */
const headAsGet: RequestHandler = (request, _response, next) => {
  if (request.method === 'HEAD') {
    heads.add(request);
    request.method = 'GET';
  }
  next();
};

const heads = new WeakSet<Request>();

/** The method as it was sent. */
export function methodOf(request: Request): string {
  return heads.has(request) ? 'HEAD' : request.method;
}
