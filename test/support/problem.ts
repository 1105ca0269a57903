import { expect } from 'vitest';
import type { Schema } from '../../src/http/operation.ts';
import type { Answer } from './http.ts';

/** Status and title (RFC 9110) of each code. */
const STATUSES: Record<Schema<'Problem'>['code'], string> = {
  invalid_request: '400 Bad Request',
  authentication_required: '401 Unauthorized',
  invalid_access_token: '401 Unauthorized',
  access_token_expired: '401 Unauthorized',
  session_ended: '401 Unauthorized',
  invalid_credentials: '401 Unauthorized',
  invalid_refresh_token: '401 Unauthorized',
  registration_closed: '403 Forbidden',
  wrong_password: '403 Forbidden',
  password_change_required: '403 Forbidden',
  not_found: '404 Not Found',
  method_not_allowed: '405 Method Not Allowed',
  not_acceptable: '406 Not Acceptable',
  request_timeout: '408 Request Timeout',
  username_taken: '409 Conflict',
  idempotency_key_reused: '409 Conflict',
  todo_limit_reached: '409 Conflict',
  precondition_failed: '412 Precondition Failed',
  content_too_large: '413 Content Too Large',
  unsupported_media_type: '415 Unsupported Media Type',
  expectation_failed: '417 Expectation Failed',
  misdirected_request: '421 Misdirected Request',
  too_many_requests: '429 Too Many Requests',
  headers_too_large: '431 Request Header Fields Too Large',
  internal_error: '500 Internal Server Error',
  method_not_implemented: '501 Not Implemented',
  unavailable: '503 Service Unavailable',
};

/** All that a problem says; what is not given is not there. */
export interface ExpectedProblem {
  code: Schema<'Problem'>['code'];
  detail: string;
  errors?: Schema<'InputError'>[];
  challenge?: string;
  allow?: string;
  retryAfter?: string;
}

export const NOT_FOUND: ExpectedProblem = {
  code: 'not_found',
  detail: 'There is nothing at this path',
};

export const UNAVAILABLE: ExpectedProblem = {
  code: 'unavailable',
  detail: 'The service cannot answer right now. Please try again.',
  retryAfter: '1',
};

/** The response is exactly this problem document, with these headers. */
export async function expectProblem(
  answer: Response | Answer,
  { code, detail, errors, challenge, allow, retryAfter }: ExpectedProblem,
): Promise<void> {
  const { headers } = answer;
  const requestId = headers.get('X-Request-Id') ?? '';
  const isOfOperation = answer instanceof Response; // raw connections are for malformed HTTP
  const problem: unknown = JSON.parse(isOfOperation ? await answer.text() : answer.text);
  const [status, title] = [Number(STATUSES[code].slice(0, 3)), STATUSES[code].slice(4)];
  expect({
    status: answer.status,
    type: headers.get('Content-Type'),
    cache: headers.get('Cache-Control'),
    challenge: headers.get('WWW-Authenticate'),
    allow: headers.get('Allow'),
    retryAfter: headers.get('Retry-After'),
    problem,
  }).toEqual({
    status,
    type: 'application/problem+json; charset=utf-8',
    cache: 'no-store',
    challenge: challenge ?? null,
    allow: allow ?? null,
    retryAfter: retryAfter ?? null,
    problem: {
      type: 'about:blank',
      title,
      status,
      detail,
      code,
      error: detail,
      ...(errors && { errors }),
      ...(status >= 500 && isOfOperation && { request_id: requestId }),
    },
  });
  expect(requestId).toMatch(/^[\w.-]{1,64}$/);
}
