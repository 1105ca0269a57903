import { expect, test } from 'vitest';
import { compileOrigins, isOriginPattern } from '../../src/http/cors-origins.ts';

test.each([
  ['https://app.example.com', 'https://app.example.com', true],
  ['https://app.example.com', 'http://app.example.com', false],
  ['https://app.example.com', 'https://app.example.com:8443', false],
  ['https://app.example.com', 'https://appxexample.com', false],
  ['http://localhost:*', 'http://localhost', true],
  ['http://localhost:*', 'http://localhost:3000', true],
  ['http://localhost:*', 'http://localhost:3000.evil.com', false],
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
])('origin pattern %s and origin %s: %s', (pattern, origin, isAllowed) => {
  expect(isOriginPattern(pattern)).toBe(true);
  expect(compileOrigins([pattern])(origin)).toBe(isAllowed);
});

test('each of several origin patterns allows its origins, and no pattern allows none', () => {
  const isAllowed = compileOrigins(['https://a.example', 'https://*.b.example']);
  expect(['https://a.example', 'https://x.b.example', 'https://c.example'].map(isAllowed)).toEqual([
    true,
    true,
    false,
  ]);
  expect(compileOrigins([])('https://a.example')).toBe(false);
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
])('an origin pattern that can match nothing is refused: "%s"', (pattern) => {
  expect(isOriginPattern(pattern)).toBe(false);
});
