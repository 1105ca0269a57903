import type { Logger } from 'pino';
import type { RequestContext } from '../http/context.ts';
import { document, listOperations } from '../http/openapi-document.ts';

/**
 * Makes a function that logs a finished request in one line. The members are named one by one, so
 * nothing needs to be redacted.
 */
export function createAccessLog(logger: Logger): (context: RequestContext) => void {
  const plain = logger.child({}, { redact: [] });
  return (context) => {
    const level = context.status >= 500 ? 'error' : 'info';
    if (!plain.isLevelEnabled(level)) return;
    const { requestId, operation, method, route, status, principal, traceId } = context;
    plain[level](
      {
        request_id: requestId,
        operation: operation?.id,
        method,
        route,
        path: redactPath(context),
        status,
        user_id: principal?.userId,
        session_id: principal?.sessionId,
        trace_id: traceId,
        duration_ms: Math.round(performance.now() - context.startedAt),
      },
      'request',
    );
  };
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const CONTRACT_SEGMENTS = new Set(
  [...listOperations(document)]
    .flatMap(({ path }) => path.split('/'))
    .filter((segment) => !segment.startsWith('{')),
);

/**
 * The path with only words of the contract and ids, without the query. A token or a search text that
 * was sent there by mistake does not get into the log.
 */
export function redactPath({ route, path }: RequestContext): string {
  if (route?.includes('{') === false) return route;
  const segments = path.slice(0, 1000).split('/');
  return segments
    .map((segment) => (CONTRACT_SEGMENTS.has(segment) || UUID.test(segment) ? segment : '*'))
    .join('/')
    .slice(0, 200);
}
