import { describe, expect, test } from 'vitest';
import { compileAllowedHosts, isHostPattern } from '../../src/http/allowed-hosts.ts';
import { BEHIND_PROXY, send } from '../support/http.ts';
import { expectProblem } from '../support/problem.ts';
import { answerTo } from '../support/raw-connection.ts';
import { startService, type TestService } from '../support/service.ts';
import { signIn } from '../support/users.ts';

const ask = (url: string, host: string) =>
  answerTo(url, `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

describe('in development mode', () => {
  test('a Host that is no loopback name gets 421, which names ALLOWED_HOSTS', async () => {
    await using service = await startService({
      ALLOWED_HOSTS: '',
      DATABASE_URL: 'sqlite::memory:',
    });
    const loopback = ['localhost', 'localhost:8000', '127.0.0.1:8000', '[::1]:80', 'a.localhost'];
    for (const host of loopback) expect((await ask(service.url, host)).status).toBe(200);
    const others = ['evil.example', 'localhost.evil.example', '192.168.1.2:8000', '127.0.0.1.x'];
    for (const host of others) {
      await expectProblem(await ask(service.url, host), {
        code: 'misdirected_request',
        detail:
          'This service does not answer to that host. Set ALLOWED_HOSTS to the name that it is to have.',
      });
    }
  });

  test('ALLOWED_HOSTS allows others', async () => {
    await using service = await startService({ ALLOWED_HOSTS: 'box.internal,*.preview.example' });
    expect((await ask(service.url, 'BOX.internal:8000')).status).toBe(200);
    expect((await ask(service.url, 'a.b.preview.example')).status).toBe(200);
    expect((await ask(service.url, 'preview.example')).status).toBe(421);
  });
});

test('outside of development mode any Host is accepted', async () => {
  await using service = await startService({ ...BEHIND_PROXY, ALLOWED_HOSTS: '' });
  expect((await ask(service.url, 'todos.example.com')).status).toBe(200);
});

test('a request without Host, which only HTTP/1.0 may send, is accepted', () => {
  expect(compileAllowedHosts([])(undefined)).toBe(true);
});

test.each([
  ['*', true],
  ['todos.example.com', true],
  ['*.example.com', true],
  ['[::1]', true],
  ['example.com:80', false],
  ['https://example.com', false],
  ['a.*.com', false],
])('%s is a host pattern: %s', (text, expected) => {
  expect(isHostPattern(text)).toBe(expected);
});

describe('behind a proxy that has the service under /api', () => {
  const headers = { 'X-Forwarded-Prefix': '/api/', 'X-Forwarded-Host': 'example.com' };

  /** The `Location` of a new todo. */
  async function locationFor(service: TestService, forwarded: Record<string, string>) {
    const { access_token: token } = await signIn(service);
    const request = { method: 'POST', path: '/todos', token, body: { title: 'x' } };
    return (await send(service, { ...request, headers: forwarded })).headers.get('Location');
  }

  test('Location, Link and the contract name the path', async () => {
    await using service = await startService(BEHIND_PROXY);
    const { access_token: token } = await signIn(service);
    expect(await locationFor(service, headers)).toMatch(/^\/api\/todos\/[\da-f-]{36}$/);
    const page = await send(service, { path: '/todos?limit=1', token, headers });
    expect(page.headers.get('Link')).toMatch(/^<\/api\/todos\?limit=1&.*>; rel="next"$/);
    const contract = await (await send(service, { path: '/openapi.json', headers })).json();
    expect(contract.servers).toEqual([{ url: 'http://example.com/api' }]);
    const reference = await (await send(service, { path: '/docs', headers })).text();
    expect(reference).toContain('<base href="/api/">');
    expect(reference).not.toMatch(/src="\//);
  });

  test.each(['//evil.example', '/a"b', 'api', '/a/../b?', 'https://evil.example'])(
    'an X-Forwarded-Prefix that is no path is ignored: %s',
    async (prefix) => {
      await using service = await startService(BEHIND_PROXY);
      expect(await locationFor(service, { 'X-Forwarded-Prefix': prefix })).toMatch(/^\/todos\//);
    },
  );

  test('X-Forwarded-Prefix of a client that is no trusted proxy is ignored', async () => {
    await using service = await startService();
    expect(await locationFor(service, headers)).toMatch(/^\/todos\//);
  });
});
