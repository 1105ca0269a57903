import { describe, expect, test } from 'vitest';
import { send } from '../support/http.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTodo, startSignedInService } from './setup.ts';

const { service, token, sendTo, sendSignedIn } = await startSignedInService();

describe('CORS', () => {
  function preflight(service: TestService, origin: string) {
    return send(service, {
      method: 'OPTIONS',
      path: '/todos',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'PATCH',
        'Access-Control-Request-Headers': 'authorization,if-match',
      },
    });
  }

  test('a page of a configured origin may send every method and header', async () => {
    const { status, headers } = await preflight(service, 'http://localhost:5173');
    expect(status).toBe(204);
    expect(headers.get('Access-Control-Allow-Origin')).toBe('http://localhost:5173');
    expect(headers.get('Access-Control-Allow-Methods')?.split(',')).toEqual(
      expect.arrayContaining(['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']),
    );
    expect(headers.get('Access-Control-Allow-Headers')).toBe('authorization,if-match');
    expect(headers.get('Access-Control-Max-Age')).toBe('600');
    expect(headers.get('Access-Control-Allow-Credentials')).toBeNull();
    expect(headers.get('Vary')).toContain('Origin');
  });

  test('a page of a configured origin may read the headers of every response, errors included', async () => {
    for (const path of ['/todos', '/nowhere', '/healthz']) {
      const { headers } = await sendTo({ path, headers: { Origin: 'http://localhost:5173' } });
      expect(headers.get('Access-Control-Allow-Origin')).toBe('http://localhost:5173');
      expect(headers.get('Access-Control-Expose-Headers')).toBe(
        'WWW-Authenticate,Retry-After,Link,ETag,Location,X-Request-Id',
      );
    }
  });

  test.each([
    ['no origin', {}],
    ['another origin', { Origin: 'https://evil.example' }],
  ])('the response to a request with %s has Vary: Origin', async (_title, headers) => {
    for (const path of ['/healthz', '/nowhere', '/openapi.json']) {
      const response = await sendTo({ path, headers });
      expect(response.headers.get('Vary')).toContain('Origin');
      expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
    }
  });

  const LIST = { CORS_ORIGINS: 'https://app.example.com, http://[::1]:*' };

  test.each<[Record<string, string>, string, string | null]>([
    [{}, 'http://localhost', 'http://localhost'],
    [{}, 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    [{}, 'https://localhost:5173', null],
    [{}, 'null', null],
    [LIST, 'https://app.example.com', 'https://app.example.com'],
    [LIST, 'http://[::1]:3000', 'http://[::1]:3000'],
    [LIST, 'http://localhost', null],
    [{ CORS_ORIGINS: 'none' }, 'http://localhost', null],
    [{ CORS_ORIGINS: '*' }, 'https://anything.example', '*'],
  ])('with %j, %s gets Access-Control-Allow-Origin %s', async (variables, origin, allowed) => {
    await using own = await startService(variables);
    const { headers } = await preflight(own, origin);
    expect(headers.get('Access-Control-Allow-Origin')).toBe(allowed);
  });
});

describe('X-Request-Id', () => {
  test.each([
    ['a UUID', '019ab1d0-5c00-7000-8000-0000000000aa'],
    ['a ULID', '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['a trace id', '4bf92f3577b34da6a3ce929d0e0e4736'],
  ])('%s is used as the id of the request', async (_, id) => {
    const response = await sendTo({ path: '/healthz', headers: { 'X-Request-Id': id } });
    expect(response.headers.get('X-Request-Id')).toBe(id);
  });

  test.each(['', 'a b', 'a"b', 'ä', 'hunter2', 'a'.repeat(64), 'A1'.repeat(32), 'operator-1'])(
    '%j is replaced by a new id',
    async (id) => {
      const response = await sendTo({ path: '/healthz', headers: { 'X-Request-Id': id } });
      expect(response.headers.get('X-Request-Id')).toMatch(
        /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/,
      );
    },
  );

  test('is different for each request', async () => {
    const ids = [await sendTo({ path: '/healthz' }), await sendTo({ path: '/healthz' })];
    expect(ids[0]?.headers.get('X-Request-Id')).not.toBe(ids[1]?.headers.get('X-Request-Id'));
  });
});

test.each(['/todos', '/nowhere', '/healthz', '/docs', '/openapi.json', '/metrics'])(
  '%s has the security headers and does not name the server software',
  async (path) => {
    const { headers } = await sendTo({ path });
    expect(headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'/);
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('X-Frame-Options')).toBe('SAMEORIGIN');
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(headers.get('X-Powered-By')).toBeNull();
    expect(headers.get('X-Request-Id')).toBeTruthy();
  },
);

test('of the operations, only responses with an ETag may be cached, and only by the client', async () => {
  const { id } = await createTodo(service, token);
  const cacheControl = async (path: string, headers = {}) =>
    (await sendSignedIn({ path, headers })).headers.get('Cache-Control');
  expect(await cacheControl(`/todos/${id}`)).toBe('private, no-cache');
  expect(await cacheControl(`/todos/${id}`, { 'If-None-Match': '"1"' })).toBe('private, no-cache');
  expect(await cacheControl('/todos')).toBe('no-store');
  expect(await cacheControl('/auth/me')).toBe('no-store');
  expect(await cacheControl('/.well-known/jwks.json')).toBe('no-store');
});
