import type { RequestContext } from './context.ts';
import type { Problem, ProblemCode } from './problem.ts';
import type { HeaderList } from './security-headers.ts';

/** A response of any operation or page. */
export interface AnyResponse {
  status: number;
  headers?: Record<string, unknown>;
  /** A value to write as JSON, or the bytes of a page, which has its `Content-Type` among its headers. */
  body?: unknown;
}

/** JSON loads nothing. The pages in HTML have other policies. */
const DEFAULT_POLICY = "default-src 'none'";

const REALM = 'Bearer realm="todos"';
const INVALID_TOKEN = `${REALM}, error="invalid_token"`;
/** RFC 6750 §3.1: a request without credentials gets a challenge without an error. */
const PLAIN_CHALLENGES: ReadonlySet<string> = new Set([
  'authentication_required',
  'invalid_credentials',
] satisfies ProblemCode[]);

/**
 * Writes a response value with the headers of every response, head and body in one write. It does
 * nothing if a response has been started, or the client has disconnected.
 */
export function writeResponse(
  context: RequestContext,
  securityHeaders: HeaderList,
  { status, headers = {}, body }: AnyResponse,
): void {
  const { request, response, requestId } = context;
  if (response.headersSent || response.destroyed) return;
  const content = body instanceof Uint8Array ? body : formatJson(status, body, requestId);
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  const fields: Record<string, unknown> = {
    'X-Request-Id': requestId,
    'Cache-Control': headers['ETag'] === undefined ? 'no-store' : 'private, no-cache',
    'Content-Security-Policy': DEFAULT_POLICY,
    'WWW-Authenticate': status === 401 ? formatChallenge(body as Problem) : undefined, // every 401 is a problem
    'Content-Type': content && `${type}; charset=utf-8`,
    'Content-Length': content && Buffer.byteLength(content),
    ...headers,
  };
  const list = [...securityHeaders];
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) list.push(name, withPrefix(context, name, String(value)));
  }
  response.writeHead(status, list).end(request.method === 'HEAD' ? undefined : content);
}

/** The problem of a 5xx has the id of the request, to find its log line. */
function formatJson(status: number, body: unknown, requestId: string): string | undefined {
  return JSON.stringify(status < 500 ? body : { ...(body as Problem), request_id: requestId });
}

/** A page with text of that media type. */
export function textPage(type: string, text: string): AnyResponse {
  return { status: 200, headers: { 'Content-Type': type }, body: Buffer.from(text) };
}

/** Adds the prefix of a proxy to the paths in a header: handlers know only paths of the service. */
function withPrefix(context: RequestContext, name: string, value: string): string {
  if (name === 'Location') return value.replace(/^\//, `${context.prefix}/`);
  return name === 'Link' ? value.replaceAll('</', `<${context.prefix}/`) : value;
}

function formatChallenge({ code }: Problem): string {
  return PLAIN_CHALLENGES.has(code) ? REALM : INVALID_TOKEN;
}
