import { STATUS_CODES } from 'node:http';
import type { Schema } from './operation.ts';

export type Problem = Schema<'Problem'>;
export type ProblemCode = Schema<'ProblemCode'>;

interface ProblemResponse<Status extends number, Code extends ProblemCode> {
  status: Status;
  body: Problem & { code: Code };
}

/** As in RFC 9110: Node has an older name for 413. */
const TITLES: Record<number, string | undefined> = { ...STATUS_CODES, 413: 'Content Too Large' };

/**
 * An error response (RFC 9457).
 * @param detail one sentence for people, never the text of an exception
 * @param errors on 400, each fault and its place
 */
export function problem<const Status extends number, const Code extends ProblemCode>(
  status: Status,
  code: Code,
  detail: string,
  errors?: Schema<'InputError'>[],
): ProblemResponse<Status, Code> {
  const body = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    error: detail,
    ...(errors && { errors }),
  };
  return { status, body };
}

/** 429: too many attempts. The next one is allowed in `seconds`. */
export function tooManyRequests(seconds: number) {
  const detail = 'Too many attempts. Please try again later.';
  const headers = { 'Retry-After': Math.max(1, Math.ceil(seconds)) };
  return { ...problem(429, 'too_many_requests', detail), headers };
}

/** 503: the same request may succeed later. */
export function unavailable() {
  const detail = 'The service cannot answer right now. Please try again.';
  return { ...problem(503, 'unavailable', detail), headers: { 'Retry-After': 1 } };
}
