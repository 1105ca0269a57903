import type { Response } from 'express';
import type { EdgeHeader } from './operation.ts';
import type { Problem, ProblemCode } from './problem.ts';

/** A response value with its types left behind: what the edge sends. */
export interface AnyResponse {
  status: number;
  headers?: Record<string, unknown>;
  body?: unknown;
}

const REALM = 'Bearer realm="todos"';
/** RFC 6750 §3.1: a request without credentials gets a challenge without an error. */
const PLAIN_CHALLENGES: readonly string[] = [
  'authentication_required',
  'invalid_credentials',
] satisfies ProblemCode[];

/** The headers that `send`, or a step before it, adds to a response by itself. */
export const EDGE_HEADERS: ReadonlySet<string> = new Set([
  'X-Request-Id',
  'Cache-Control',
  'WWW-Authenticate',
] satisfies EdgeHeader[]);

/** What is to be done when nothing more is done for a response. */
const leaving = new WeakMap<Response, () => void>();

/** Has `leave` called once the response's answer is there, or nobody is left to be answered. */
export function leaveWith(response: Response, leave: () => void): void {
  leaving.set(response, leave);
}

/** Nothing more is done for this response. */
export function leave(response: Response): void {
  leaving.get(response)?.();
  leaving.delete(response);
}

/** Writes a response value, adding the headers that are the edge's own. */
export function send(response: Response, value: AnyResponse): void {
  // One that took too long has been answered already (see `createListener`).
  if (!response.writableEnded) write(response, value);
  leave(response);
}

function write(response: Response, value: AnyResponse): void {
  response.status(value.status);
  response.set('Cache-Control', value.headers?.['ETag'] ? 'private, no-cache' : 'no-store');
  for (const [name, content] of Object.entries(value.headers ?? {})) {
    if (content !== undefined) response.set(name, String(content));
  }
  if (value.body === undefined) {
    response.end();
    return;
  }
  if (value.status >= 400) response.type('application/problem+json');
  if (value.status === 401) response.set('WWW-Authenticate', challenge(value.body));
  response.json(value.body);
}

function challenge(body: unknown): string {
  const isPlain =
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    PLAIN_CHALLENGES.includes(String(body.code));
  return isPlain ? REALM : `${REALM}, error="invalid_token"`;
}

/** A problem of the service's own making names the request, for whoever looks for it in the log. */
export function withRequestId(answer: AnyResponse, id: string): AnyResponse {
  const body = answer.body as Problem; // only problems have a status of 500 and more
  return { ...answer, body: { ...body, request_id: id } };
}
