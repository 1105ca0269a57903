import type { RequestHandler } from 'express';
import { type ContractDocument, operationsOf } from './contract.ts';
import { withHead } from './errors.ts';

/**
 * What HTTP asks of every path and express-openapi-validator leaves to others: `HEAD`, `OPTIONS`,
 * and a `Content-Type` in a bounded number of forms.
 */
export function protocol(document: ContractDocument): RequestHandler[] {
  return [canonicalContentType(document), headAsGet, options(document)];
}

/** The methods whose body means something; that of any other is left unread. */
const BODY_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** Stands for every media type that no operation takes. */
const OTHER_TYPE = 'application/octet-stream';

/**
 * express-openapi-validator compiles and keeps a validator for every text of `Content-Type` that
 * it has seen, parameters and all: a stranger could make it fill the memory. So the header is
 * reduced to one of the contract's own media types, to one that stands for all others, or to none.
 */
function canonicalContentType(document: ContractDocument): RequestHandler {
  const known = new Set<string>();
  for (const { operation } of operationsOf(document)) {
    const body = operation.requestBody;
    if (body && 'content' in body) for (const type of Object.keys(body.content)) known.add(type);
  }
  return (request, _response, next) => {
    const { headers } = request;
    const hasBody =
      BODY_METHODS.has(request.method) &&
      (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
    const type = headers['content-type'];
    if (!hasBody) delete headers['content-type'];
    else headers['content-type'] = canonical(type ?? '', known);
    next();
  };
}

function canonical(header: string, known: ReadonlySet<string>): string {
  const [essence = '', ...parameters] = header.split(';');
  const type = essence.trim().toLowerCase();
  const charset = parameters
    .map((parameter) => parameter.trim().toLowerCase())
    .find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  return known.has(type) && isUtf8 ? type : OTHER_TYPE;
}

/** Node leaves the body of an answer to `HEAD` out by itself: the connection knows the method. */
const headAsGet: RequestHandler = (request, _response, next) => {
  if (request.method === 'HEAD') request.method = 'GET';
  next();
};

/** `OPTIONS` on a path of the contract; CORS headers have been set before. */
function options(document: ContractDocument): RequestHandler {
  const methods = new Map<string, string[]>();
  for (const { path, method } of operationsOf(document)) {
    methods.set(path, [...(methods.get(path) ?? []), method.toUpperCase()]);
  }
  const paths = [...methods].map(([path, allowed]) => ({
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    allow: withHead(allowed),
  }));
  return (request, response, next) => {
    if (request.method !== 'OPTIONS') return next();
    const found = paths.find(({ pattern }) => pattern.test(request.path));
    if (!found) return next();
    response.status(204).set({ Allow: found.allow, 'Cache-Control': 'no-store' }).end();
  };
}
