import type { ErrorRequestHandler, Request } from 'express';
import * as OpenApiValidator from 'express-openapi-validator';
import { authenticationOf } from './contract.ts';
import type { Schema } from './operation.ts';
import { type ProblemCode, problem, unavailable } from './problem.ts';
import { type AnyResponse, leave, send, withRequestId } from './send.ts';

const { BadRequest, Unauthorized, UnsupportedMediaType } = OpenApiValidator.error;

/** The one sentence for each status that is not of an operation's own making. */
const BY_STATUS: Record<number, [ProblemCode, string]> = {
  400: ['invalid_request', 'The request is malformed'],
  412: ['precondition_failed', 'The file is not the one that the request is about'],
  413: ['content_too_large', 'The body is too large'],
  415: ['unsupported_media_type', 'The body must be JSON in UTF-8, of a type this operation takes'],
};

export interface ErrorOptions {
  /** Whether an error means that something the service stands on is down for now. */
  isOutage: (error: unknown) => boolean;
  /** Takes what nobody expected, for the log. */
  report: (error: unknown, requestId: string) => void;
}

/** What was already set of an answer that has come to nothing. */
const HEADERS_OF_AN_ANSWER = [
  'Content-Type',
  'ETag',
  'Last-Modified',
  'Link',
  'Location',
  'Retry-After',
];

/** Whatever was thrown → a problem response. Nothing of an unexpected error is told. */
export function errorHandler({ isOutage, report }: ErrorOptions): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    const error = causeOf(thrown, request);
    const answer = isOutage(error) ? unavailable() : toResponse(error, request);
    const requestId = response.get('X-Request-Id') ?? '';
    if (answer.status >= 500) report(error, requestId);
    if (request.readableAborted) return leave(response); // nobody is left to be answered
    if (response.headersSent && !response.writableEnded) {
      leave(response);
      return next(error);
    }
    if (!response.headersSent) {
      for (const name of HEADERS_OF_AN_ANSWER) response.removeHeader(name);
    }
    send(response, answer.status >= 500 ? withRequestId(answer, requestId) : answer);
  };
}

/** The real error behind the one that the validator made of a failed authentication. */
function causeOf(thrown: unknown, request: Request): unknown {
  const outcome = authenticationOf(request);
  return outcome && 'failure' in outcome ? outcome.failure : thrown;
}

function toResponse(error: unknown, request: Request): AnyResponse {
  if (error instanceof Unauthorized) return unauthorized(request);
  if (error instanceof BadRequest) return badRequest(error.errors, request.body);
  if (error instanceof UnsupportedMediaType && request.headers['content-type'] === undefined) {
    return badRequest([{ path: '/body', message: 'is missing' }], undefined); // see `readBody`
  }
  const status = statusOf(error);
  const known = BY_STATUS[status];
  if (known) return problem(status, ...known);
  return problem(500, 'internal_error', 'The service has failed to answer this request');
}

function unauthorized(request: Request): AnyResponse {
  const outcome = authenticationOf(request);
  if (outcome && 'refusal' in outcome) return outcome.refusal;
  return request.headers.authorization === undefined
    ? problem(401, 'authentication_required', 'Authentication required')
    : problem(401, 'invalid_access_token', 'Invalid access token');
}

interface ValidationError {
  path: string;
  message: string;
}

function badRequest(found: ValidationError[], body: unknown): AnyResponse {
  const errors = found.map((error) => inputError(error, body));
  const [first] = errors;
  const where = first?.pointer ?? first?.parameter ?? first?.header;
  const detail = text(`${where === '' ? 'The body' : where}: ${first?.message}`, 1000);
  return problem(400, 'invalid_request', detail, errors);
}

/** express-openapi-validator's `/body/…`, `/query/…`, `/params/…`, `/headers/…` → where it is. */
function inputError(error: ValidationError, body: unknown): Schema<'InputError'> {
  const [, place, name = ''] = /^\/(\w+)\/?(.*)$/s.exec(error.path) ?? [];
  const message = text(error.message, 1000);
  if (place === 'headers') return { header: text(name, 100), message };
  if (place === 'query' || place === 'params') return { parameter: text(name, 1000), message };
  return { pointer: pointer(name, body), message }; // of a member without a name it says nothing
}

/**
 * A JSON Pointer (RFC 6901) from what stands after `/body/`: one already, or, where a member is one
 * too many, its name as it was sent.
 */
function pointer(place: string, body: unknown): string {
  const isName = typeof body === 'object' && body !== null && Object.hasOwn(body, place);
  const escaped = isName ? place.replaceAll('~', '~0').replaceAll('/', '~1') : place;
  if (escaped === '') return '';
  return `/${escaped.replaceAll(/~(?![01])/g, '~0')}`.slice(0, 1000).replace(CUT_OFF, '');
}

/** Half of an escape sequence or of a character. */
const CUT_OFF = /~$|\p{Cs}$/u;

/** What was sent may be part of a sentence, as far as it is a text (RFC 7493 §2.1). */
function text(value: string, most: number): string {
  return value.slice(0, most).toWellFormed().replaceAll('\0', '\ufffd');
}

function statusOf(error: unknown): number {
  const hasStatus = typeof error === 'object' && error !== null && 'status' in error;
  return hasStatus && typeof error.status === 'number' ? error.status : 500;
}
