import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from 'cors';
import helmet from 'helmet';
import { compileOriginPattern } from './cors-origins.ts';

/** Names and values by turns, for `writeHead`. */
export type HeaderList = readonly string[];

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const EXPOSED_HEADERS = [
  'WWW-Authenticate',
  'Retry-After',
  'Link',
  'ETag',
  'Location',
  'X-Request-Id',
];

/**
 * Makes a function that lists the headers of helmet and cors for a response. Both are run once for all
 * requests without `Origin`, whose headers are always the same.
 */
export function createSecurityHeaders(
  corsOrigins: string[],
): (request: IncomingMessage) => HeaderList {
  const setHelmetHeaders = helmet({
    contentSecurityPolicy: false, // each response has its own
    strictTransportSecurity: false, // only what terminates TLS can promise it (RFC 6797 §7.2)
  });
  const setCorsHeaders = cors({
    origin: corsOrigins.includes('*') ? '*' : corsOrigins.map(compileOriginPattern),
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
    preflightContinue: true,
  });
  const plainRequest = { method: 'GET', headers: {} } as IncomingMessage; // as much as they read
  const helmetHeaders = collectHeaders(setHelmetHeaders, plainRequest);
  const listHeaders = (request: IncomingMessage) => [
    ...helmetHeaders,
    ...collectHeaders(setCorsHeaders, request),
  ];
  const plainHeaders = listHeaders(plainRequest);
  return (request) => {
    const isPlain = request.headers.origin === undefined && request.method !== 'OPTIONS';
    return isPlain ? plainHeaders : listHeaders(request);
  };
}

/** Runs a middleware that sets headers, and returns what it sets. */
function collectHeaders(middleware: Middleware, request: IncomingMessage): string[] {
  const headers = new Map<string, string>();
  const response = {
    setHeader: (name: string, value: unknown) => headers.set(name, String(value)),
    getHeader: (name: string) => headers.get(name),
    removeHeader: (name: string) => headers.delete(name),
  } as unknown as ServerResponse; // as much of it as helmet and cors use
  middleware(request, response, () => undefined);
  return [...headers].flat();
}
