import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { type DestinationStream, type Logger, pino } from 'pino';
import { pinoHttp } from 'pino-http';
import { v7 as uuid } from 'uuid';
import { outcomeOf } from './outcome.ts';

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

/**
 * The client's own id if it is a good one, else a new one (UUID v7). A refresh token that has strayed
 * there is none.
 */
export function identify(request: IncomingMessage, response: ServerResponse): string {
  const sent = request.headers['x-request-id'];
  const isGood = typeof sent === 'string' && /^(?![\da-f]{64}$)[\w.-]{1,64}$/i.test(sent);
  const id = isGood ? sent : uuid();
  response.setHeader('X-Request-Id', id);
  return id;
}

function describe(incoming: IncomingMessage, outgoing: ServerResponse) {
  // Express hands pino-http its own request and response.
  const { userId, sessionId, ...outcome } = outcomeOf(incoming as Request, outgoing as Response);
  const { locals } = outgoing as Response;
  return { ...outcome, user_id: userId, session_id: sessionId, trace_id: locals['traceId'] };
}
