import { expect } from 'vitest';
import type { Schema } from '../../src/http/operation.ts';
import type { Answer } from './http.ts';

/** All that a problem says; what is not given is not there. */
export interface ExpectedProblem {
  status: number;
  title: string;
  code: Schema<'Problem'>['code'];
  detail: string;
  errors?: Schema<'InputError'>[];
  challenge?: string;
  allow?: string;
  retryAfter?: string;
}

/** The response is exactly this problem document, with these headers. */
export function expectProblem(
  answer: Omit<Answer, 'text'>,
  body: string,
  expected: ExpectedProblem,
): void {
  const { status, title, code, detail, errors, challenge, allow, retryAfter } = expected;
  const { headers } = answer;
  const requestId = headers.get('X-Request-Id') ?? '';
  const problem: unknown = JSON.parse(body);
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
      ...(status >= 500 && answer instanceof Response && { request_id: requestId }),
    },
  });
  expect(requestId).toMatch(/^[\w.-]{1,64}$/);
}
