import type { RequestContext } from './context.ts';
import type { Problem, ProblemCode } from './problem.ts';
import type { HeaderList } from './security-headers.ts';

/** A response value without its types, as the pipeline writes it. */
export interface AnyResponse {
  status: number;
  headers?: Record<string, unknown>;
  /** A value, written as JSON, or the bytes of a page, whose headers have their `Content-Type`. */
  body?: unknown;
}

/** A response of the contract loads nothing. The pages for people have policies of their own. */
const CONTENT_SECURITY_POLICY = "default-src 'none'";

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
  const content = body instanceof Uint8Array ? body : formatJson(status, body, requestId);
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  const all: Record<string, unknown> = {
    'X-Request-Id': requestId,
    'Cache-Control': headers['ETag'] === undefined ? 'no-store' : 'private, no-cache',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'WWW-Authenticate': status === 401 ? formatChallenge(body as Problem) : undefined, // every 401 is a problem
    'Content-Type': content && `${type}; charset=utf-8`,
    'Content-Length': content && Buffer.byteLength(content),
    ...headers,
  };
  const list = [...securityHeaders];
  for (const name in all) {
    const value = all[name];
    if (value !== undefined) list.push(name, withPrefix(context, name, String(value)));
  }
  response.writeHead(status, list).end(request.method === 'HEAD' ? undefined : content);
}

/** A 5xx, which is a problem, names the request: its log line has the same id. */
function formatJson(status: number, body: unknown, requestId: string): string | undefined {
  return JSON.stringify(status < 500 ? body : { ...(body as Problem), request_id: requestId });
}

/** A page with text of that media type. */
export function textPage(type: string, text: string): AnyResponse {
  return { status: 200, headers: { 'Content-Type': type }, body: Buffer.from(text) };
}

/** Handlers know only paths of the service. The path under which a proxy has it is added here. */
function withPrefix(context: RequestContext, name: string, value: string): string {
  if (name === 'Location') return value.replace(/^\//, `${context.prefix}/`);
  return name === 'Link' ? value.replaceAll('</', `<${context.prefix}/`) : value;
}

function formatChallenge({ code }: Problem): string {
  return PLAIN_CHALLENGES.has(code) ? REALM : INVALID_TOKEN;
}
