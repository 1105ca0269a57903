import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler } from 'express';
import { type DestinationStream, type Logger, pino } from 'pino';
import { pinoHttp } from 'pino-http';
import { v7 as uuid } from 'uuid';
import { authenticationOf, operationIdOf } from './contract.ts';
import { methodOf } from './protocol.ts';

/** Members that never reach the log, wherever in a logged object they stand. */
const SECRETS = [
  'authorization',
  'refresh-token',
  'cookie',
  'password',
  'current_password',
  'new_password',
  'access_token',
  'refresh_token',
];

/** A JSON line logger that leaves secrets out. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const paths = SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);
  const options = {
    level,
    base: null,
    redact: { paths, censor: '[redacted]' },
    serializers: { err: essentials },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Other members of an error may hold what was sent. */
function essentials(error: Error) {
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, stack };
}

/** One line a request, when its answer is out; names the request in `X-Request-Id`. */
export function requestLog(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId: identify,
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: 'request_id', responseTime: 'duration_ms' },
    customLogLevel: (_request, response, error) =>
      error || response.statusCode >= 500 ? 'error' : 'info',
    customProps: describe,
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
    // What pino-http calls an error here is made up: the real one has a line of its own.
    customErrorObject: (_request, _response, _error, { err: _madeUp, ...value }) => value,
    serializers: { req: () => undefined, res: () => undefined },
  });
}

/** The client's own id if it is a good one, else a new one (UUID v7). */
function identify(request: IncomingMessage, response: ServerResponse): string {
  const sent = request.headers['x-request-id'];
  const id = typeof sent === 'string' && /^[\w.-]{1,64}$/.test(sent) ? sent : uuid();
  response.setHeader('X-Request-Id', id);
  return id;
}

/** The path without its query: what a person searched for is nobody else's business. */
function describe(incoming: IncomingMessage, response: ServerResponse) {
  const request = incoming as Request; // Express hands pino-http its own request
  const outcome = authenticationOf(request);
  const principal = outcome && 'principal' in outcome ? outcome.principal : undefined;
  return {
    operation: operationIdOf(request),
    method: methodOf(request),
    path: request.originalUrl.split('?', 1)[0]?.slice(0, 200),
    status: response.statusCode,
    user_id: principal?.userId,
    session_id: principal?.sessionId,
  };
}
