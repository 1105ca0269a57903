import type { Response } from 'express';
import type { EdgeHeader } from './operation.ts';
import type { ProblemCode } from './problem.ts';

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

/** Writes a response value, adding the headers that are the edge's own. */
export function send(response: Response, value: AnyResponse): void {
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
