import type { IncomingMessage, ServerResponse } from 'node:http';
import cors, { type CorsOptions } from 'cors';
import helmet from 'helmet';
import { compileOrigins } from './cors-origins.ts';

/** Header names and values in turn, as `writeHead` takes them. */
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
 * Makes a function that lists the headers of every response: what a browser may do with it, and
 * pages of which origins may read it. Without an `Origin` they are always the same.
 */
export function createSecurityHeaders(
  corsOrigins: string[],
): (request: IncomingMessage) => HeaderList {
  const policy = { useDefaults: false, directives: { defaultSrc: ["'none'"] } };
  // Only what terminates TLS can promise it (RFC 6797 §7.2).
  const setHelmetHeaders = helmet({
    contentSecurityPolicy: policy,
    strictTransportSecurity: false,
  });
  const isAllowedOrigin = compileOrigins(corsOrigins);
  const origin: CorsOptions['origin'] = corsOrigins.includes('*')
    ? '*'
    : // With `false`, cors would leave out `Vary: Origin`, which a cache needs on every response.
      (sent, decide) => decide(null, sent !== undefined && isAllowedOrigin(sent) ? true : []);
  const setCorsHeaders = cors({
    origin,
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
    preflightContinue: true,
  });
  const plainRequest = { method: 'GET', headers: {} } as IncomingMessage; // as much as the steps read
  const constantHeaders = collectHeaders([setHelmetHeaders, setCorsHeaders], plainRequest);
  const helmetHeaders = collectHeaders([setHelmetHeaders], plainRequest);
  return (request) =>
    request.headers.origin === undefined && request.method !== 'OPTIONS'
      ? constantHeaders
      : [...helmetHeaders, ...collectHeaders([setCorsHeaders], request)];
}

/** Runs middleware that sets headers, and keeps what it sets. */
function collectHeaders(steps: Middleware[], request: IncomingMessage): string[] {
  const headers = new Map<string, string>();
  const response = {
    setHeader: (name: string, value: unknown) => headers.set(name, String(value)),
    getHeader: (name: string) => headers.get(name),
    removeHeader: (name: string) => headers.delete(name),
  } as unknown as ServerResponse; // as much of it as helmet and cors use
  for (const step of steps) step(request, response, () => undefined);
  return [...headers].flat();
}
