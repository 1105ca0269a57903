import type { ErrorRequestHandler, Request } from 'express';
import * as OpenApiValidator from 'express-openapi-validator';
import { authenticationOf } from './contract.ts';
import type { Schema } from './operation.ts';
import { type Problem, type ProblemCode, problem, unavailable } from './problem.ts';
import { type AnyResponse, send } from './send.ts';

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
    if (request.readableAborted) return; // nobody is left to be answered
    if (response.headersSent) return next(error);
    for (const name of HEADERS_OF_AN_ANSWER) response.removeHeader(name);
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
  if (error instanceof BadRequest) return badRequest(error.errors);
  if (error instanceof UnsupportedMediaType && request.headers['content-type'] === undefined) {
    return badRequest([{ path: '/body', message: 'is missing' }]); // see `readBody`
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

function badRequest(found: ValidationError[]): AnyResponse {
  const errors = found.map(inputError);
  const [first] = errors;
  const where = first?.pointer ?? first?.parameter ?? first?.header;
  const detail = `${where === '' ? 'The body' : where}: ${first?.message}`.slice(0, 1000);
  return problem(400, 'invalid_request', detail, errors);
}

/** express-openapi-validator's `/body/…`, `/query/…`, `/params/…`, `/headers/…` → where it is. */
function inputError({ path, message }: ValidationError): Schema<'InputError'> {
  const [, place, ...rest] = path.slice(0, 1000).split('/');
  const name = rest.join('/');
  const text = message.slice(0, 1000);
  if (place === 'body') return { pointer: rest.map((part) => `/${part}`).join(''), message: text };
  if (place === 'headers') return { header: name.slice(0, 100), message: text };
  return { parameter: name, message: text };
}

function statusOf(error: unknown): number {
  const hasStatus = typeof error === 'object' && error !== null && 'status' in error;
  return hasStatus && typeof error.status === 'number' ? error.status : 500;
}

function withRequestId(answer: AnyResponse, id: string): AnyResponse {
  const body = answer.body as Problem; // only problems have a status of 500 and more
  return { ...answer, body: { ...body, request_id: id } };
}
