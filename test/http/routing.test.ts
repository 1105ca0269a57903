import { describe, expect, test } from 'vitest';
import { listOperations } from '../../src/http/openapi-document.ts';
import { Router } from '../../src/http/routing.ts';
import { readContract } from '../support/http.ts';
import { withNewItem } from './example-requests.ts';
import { startSignedInService } from './setup.ts';

const { service, token, sendTo, sendSignedIn } = await startSignedInService();

test('two paths that differ only in the names of parameters are an error at the start', () => {
  const router = new Router<string>();
  router.add('GET', '/todos/{id}', 'get');
  router.add('PUT', '/todos/{id}', 'put');
  expect(() => router.add('DELETE', '/todos/{todo_id}', 'delete')).toThrow(
    '/todos/{id} and /todos/{todo_id} are the same path',
  );
});

describe('HEAD', () => {
  const paths = [...listOperations(readContract())]
    .filter(({ method }) => method === 'get')
    .map(({ path }) => path);

  test.each([...paths, '/docs', '/openapi.json', '/openapi.yaml', '/metrics'])(
    '%s has the status and headers of GET, without the body',
    async (template) => {
      const path = await withNewItem(service, token, template);
      const [head, get] = [
        await sendSignedIn({ method: 'HEAD', path }),
        await sendSignedIn({ path }),
      ];
      expect(head.status).toBe(200);
      expect(await head.text()).toBe('');
      expect(stableHeaders(head)).toEqual(stableHeaders(get));
    },
  );

  test.each([
    ['/nowhere', 404],
    ['/todos/1', 400],
    ['/auth/login', 405],
  ])('%s is answered with %i, without a body', async (path, status) => {
    const response = await sendSignedIn({ method: 'HEAD', path });
    expect(response.status).toBe(status);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json; charset=utf-8');
    expect(Number(response.headers.get('Content-Length'))).toBeGreaterThan(100);
    expect(await response.text()).toBe('');
  });

  /** The headers that are the same at every request. */
  function stableHeaders({ headers }: Response): [string, string][] {
    const isText = headers.get('Content-Type')?.startsWith('text/plain');
    const changing = ['date', 'x-request-id', 'connection', 'keep-alive'];
    if (isText) changing.push('content-length'); // the metrics have changed in between
    return [...headers].filter(([name]) => !changing.includes(name));
  }
});

describe('OPTIONS', () => {
  test.each([
    ['/auth/login', 'POST'],
    ['/todos', 'GET, HEAD, POST, DELETE'],
    ['/todos/019ab1d0-5c00-7000-8000-000000000001', 'GET, HEAD, PUT, DELETE, PATCH'],
    ['/.well-known/jwks.json', 'GET, HEAD'],
    ['/docs', 'GET, HEAD'],
    ['/openapi.json', 'GET, HEAD'],
    ['/openapi.yaml', 'GET, HEAD'],
    ['/metrics', 'GET, HEAD'],
  ])('%s lists the methods, also without a token', async (path, allow) => {
    const response = await sendTo({ method: 'OPTIONS', path });
    expect(response.status).toBe(204);
    expect(response.headers.get('Allow')).toBe(allow);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(await response.text()).toBe('');
  });

  test.each(['/nowhere', '/todos/', '/xwell-known/jwks.json'])('%s is 404', async (path) => {
    expect((await sendTo({ method: 'OPTIONS', path })).status).toBe(404);
  });
});
