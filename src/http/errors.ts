import type { ErrorRequestHandler, Request } from 'express';
import * as OpenApiValidator from 'express-openapi-validator';
import { authenticationOf } from './contract.ts';
import type { Schema } from './operation.ts';
import { type Problem, type ProblemCode, problem, unavailable } from './problem.ts';
import { type AnyResponse, send } from './send.ts';

const { BadRequest } = OpenApiValidator.error;

/** The one sentence for each status that is not of an operation's own making. */
const BY_STATUS: Record<number, [ProblemCode, string]> = {
  400: ['invalid_request', 'The request is malformed'],
  404: ['not_found', 'There is nothing at this path'],
  405: ['method_not_allowed', 'This path does not know the method'],
  406: ['not_acceptable', 'The answer is JSON, which the Accept header excludes'],
  413: ['content_too_large', 'The body is too large'],
  415: ['unsupported_media_type', 'The body must be JSON in UTF-8, of a type this operation takes'],
};

export interface ErrorOptions {
  /** Whether an error means that something the service stands on is down for now. */
  isOutage: (error: unknown) => boolean;
  /** Takes what nobody expected, for the log. */
  report: (error: unknown, requestId: string) => void;
}

/** Whatever was thrown → a problem response. Nothing of an unexpected error is told. */
export function errorHandler({ isOutage, report }: ErrorOptions): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    const error = causeOf(thrown, request);
    const answer = isOutage(error) ? unavailable() : toResponse(error, request);
    const requestId = response.get('X-Request-Id') ?? '';
    if (answer.status >= 500) report(error, requestId);
    if (response.headersSent) return next(error);
    for (const name of ['Location', 'ETag', 'Link', 'Retry-After', 'Content-Type']) {
      response.removeHeader(name);
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
  const status = statusOf(error);
  if (status === 401) return unauthorized(request);
  if (error instanceof BadRequest) return badRequest(error.errors);
  if (isParserError(error, 'entity.parse.failed')) {
    return badRequest([{ path: '/body', message: 'is not valid JSON' }]);
  }
  const known = BY_STATUS[status];
  if (known) return { ...problem(status, ...known), headers: allow(error) };
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
  if (typeof error !== 'object' || error === null) return 500;
  if ('status' in error && typeof error.status === 'number') return error.status;
  return error instanceof URIError ? 400 : 500;
}

function isParserError(error: unknown, type: string): boolean {
  return typeof error === 'object' && error !== null && 'type' in error && error.type === type;
}

/** On a 405 the validator's error carries the methods that it knows for the path. */
function allow(error: unknown): Record<string, string> {
  const headers =
    typeof error === 'object' && error !== null && 'headers' in error && error.headers;
  if (typeof headers !== 'object' || headers === null || !('Allow' in headers)) return {};
  return { Allow: withHead(String(headers.Allow).split(', ')) };
}

/** `HEAD` is wherever `GET` is. */
export function withHead(methods: string[]): string {
  return [...new Set(methods.flatMap((m) => (m === 'GET' ? ['GET', 'HEAD'] : [m])))].join(', ');
}

function withRequestId(answer: AnyResponse, id: string): AnyResponse {
  const body = answer.body as Problem; // only problems have a status of 500 and more
  return { ...answer, body: { ...body, request_id: id } };
}
