import type { ServerResponse } from 'node:http';
import type { RequestContext } from './context.ts';
import type { Problem, ProblemCode } from './problem.ts';
import type { HeaderList } from './security-headers.ts';

/** A response value without its types, as the pipeline writes it. */
export interface AnyResponse {
  status: number;
  headers?: Record<string, unknown>;
  body?: unknown;
}

const REALM = 'Bearer realm="todos"';
const INVALID_TOKEN = `${REALM}, error="invalid_token"`;
/** RFC 6750 §3.1: a request without credentials gets a challenge without an error. */
const PLAIN_CHALLENGES: ReadonlySet<string> = new Set([
  'authentication_required',
  'invalid_credentials',
] satisfies ProblemCode[]);

/**
 * Writes a response value with the headers of every response, head and body in one write. It does
 * nothing if the request has a response, or the client has disconnected.
 */
export function writeResponse(
  context: RequestContext,
  securityHeaders: HeaderList,
  { status, headers = {}, body }: AnyResponse,
): void {
  const { request, response, requestId } = context;
  if (response.headersSent || response.destroyed) return;
  // A page that failed may have set some.
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const list = [...securityHeaders, 'X-Request-Id', requestId];
  list.push('Cache-Control', headers['ETag'] === undefined ? 'no-store' : 'private, no-cache');
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) list.push(name, withPrefix(context, name, String(value)));
  }
  if (body === undefined) {
    response.writeHead(status, list).end();
    return;
  }
  if (status === 401) list.push('WWW-Authenticate', formatChallenge(body as Problem)); // every 401 is a problem
  const text = JSON.stringify(status < 500 ? body : { ...body, request_id: requestId });
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  list.push('Content-Type', `${type}; charset=utf-8`);
  list.push('Content-Length', String(Buffer.byteLength(text)));
  response.writeHead(status, list).end(request.method === 'HEAD' ? undefined : text);
}

/** Sends the whole body of a page. */
export function sendText(response: ServerResponse, type: string, text: string): void {
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}

/** Handlers know only paths of the service. The path under which a proxy has it is added here. */
function withPrefix(context: RequestContext, name: string, value: string): string {
  if (name === 'Location') return value.replace(/^\//, `${context.prefix}/`);
  return name === 'Link' ? value.replaceAll('</', `<${context.prefix}/`) : value;
}

function formatChallenge({ code }: Problem): string {
  return PLAIN_CHALLENGES.has(code) ? REALM : INVALID_TOKEN;
}
