import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { isOriginPattern } from '../../src/http/cors-origins.ts';
import { createSecurityHeaders } from '../../src/http/security-headers.ts';

/** Whether a page of the origin may read the answers of a service with those CORS_ORIGINS. */
function isAllowed(patterns: string[], origin: string): boolean {
  const request = { method: 'GET', headers: { origin } } as IncomingMessage; // as much as it reads
  const headers = createSecurityHeaders(patterns)(request);
  const index = headers.indexOf('Access-Control-Allow-Origin');
  return index >= 0 && ['*', origin].includes(headers[index + 1] ?? '');
}

test.each([
  ['https://app.example.com', 'https://app.example.com', true],
  ['https://app.example.com', 'http://app.example.com', false],
  ['https://app.example.com', 'https://app.example.com:8443', false],
  ['https://app.example.com', 'https://appxexample.com', false],
  ['http://localhost:*', 'http://localhost', true],
  ['http://localhost:*', 'http://localhost:3000', true],
  ['http://localhost:*', 'http://localhost:3000.evil.com', false],
  ['http://localhost:*', 'http://localhost.example.com', false],
  ['http://localhost:*', 'http://example.com/http://localhost:1', false],
  ['http://127.0.0.1:*', 'http://127x0.0.1:8080', false],
  ['http://[::1]:*', 'http://:', false],
  ['https://*.example.com', 'https://app.example.com', true],
  ['https://*.example.com', 'https://a.b-c.example.com', true],
  ['https://*.example.com', 'https://example.com', false],
  ['https://*.example.com', 'https://.example.com', false],
  ['https://*.example.com', 'https://evilexample.com', false],
  ['https://*.example.com', 'https://evil.com/.example.com', false],
  ['https://*.example.com', 'https://evil.com:80@app.example.com', false],
  ['https://*.example.com', 'https://app.example.com.evil.com', false],
  ['https://*.example.com', 'https://app.example.com:8443', false],
  ['https://*.example.com:8443', 'https://app.example.com:8443', true],
  ['http://*.localhost:*', 'http://app.localhost:3000', true],
  ['http://[::1]:*', 'http://[::1]:3000', true],
  ['*', 'null', true],
  ['*', 'https://anything.example', true],
])('origin pattern %s and origin %s: %s', (pattern, origin, expected) => {
  expect(isOriginPattern(pattern)).toBe(true);
  expect(isAllowed([pattern], origin)).toBe(expected);
});

test('each of several origin patterns allows its origins, and no pattern allows none', () => {
  const patterns = ['https://a.example', 'https://*.b.example'];
  const origins = ['https://a.example', 'https://x.b.example', 'https://c.example'];
  expect(origins.map((origin) => isAllowed(patterns, origin))).toEqual([true, true, false]);
  expect(isAllowed([], 'https://a.example')).toBe(false);
});

test.each([
  'example.com',
  'https://a.example/path',
  'https://A.example',
  'https://a.example:443', // its pages send it without the port
  'https://*',
  'https://*.com',
  'https://*.1.2.3.4',
  'https://a*.example.com',
  'https://a.*.example.com',
  'http://*:3000',
  '*.example.com',
  'https://user@a.example',
  'ws://a.example',
  'null',
  '',
])('an origin pattern that can match nothing is rejected: "%s"', (pattern) => {
  expect(isOriginPattern(pattern)).toBe(false);
});
