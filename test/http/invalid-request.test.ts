import { describe, expect, test } from 'vitest';
import { send } from '../support/http.ts';
import { JWT_SECRET, startService } from '../support/service.ts';
import { signUp } from '../support/users.ts';
import { startSignedInService } from './setup.ts';

const { sendSignedIn } = await startSignedInService();

const post = (body: unknown, headers: Record<string, string> = {}) =>
  sendSignedIn({ method: 'POST', path: '/todos', body, headers });

async function faultsOf(response: Response): Promise<unknown> {
  expect(response.status).toBe(400);
  return (await response.json()).errors;
}

describe('a body', () => {
  test('with a misspelt member: both errors are reported, each with its place', async () => {
    expect(await faultsOf(await post({ titel: 'x' }))).toEqual([
      { pointer: '/title', message: "must have required property 'title'" },
      { pointer: '/titel', message: 'must NOT have additional properties' },
    ]);
  });

  test('with many errors: the first 20 are reported', async () => {
    const members = Array.from({ length: 100 }, (_, n) => [`x${n}`, n]);
    expect(await faultsOf(await post(Object.fromEntries(members)))).toHaveLength(20);
  });

  test('with several errors in one member: one of them is reported', async () => {
    const title = `${'x'.repeat(300)}\0`;
    expect(await faultsOf(await post({ title }))).toHaveLength(1);
  });

  test.each([
    '{"title":"a","title":"b"}',
    '{"title":"a","description":"\\"title\\":","title":"b"}',
    '{"title":"a","t\\u0069tle":"b"}',
    '{"title":"a","x":{"y":1,"y":2}}',
  ])('with a member twice is rejected: %s', async (body) => {
    const message = 'has a member twice (RFC 7493)';
    expect(await faultsOf(await post(body))).toEqual([{ pointer: '', message }]);
  });

  test('with colons and quotation marks in its texts is accepted', async () => {
    const response = await post({ title: 'a: "b": {"title":1}', description: '\\": \\\\' });
    expect(response.status).toBe(201);
  });

  test.each(['utf-8', 'UTF8', '"utf-8"', 'us-ascii', 'US-ASCII'])(
    'is read with the charset %s',
    async (charset) => {
      const headers = { 'Content-Type': `application/json; charset=${charset}` };
      expect((await post({ title: 'x' }, headers)).status).toBe(201);
    },
  );

  test.each(['utf-16', 'iso-8859-1', '"utf-8', 'utf--8'])(
    'is rejected with the charset %s',
    async (charset) => {
      const headers = { 'Content-Type': `application/json; charset=${charset}` };
      expect((await post({ title: 'x' }, headers)).status).toBe(415);
    },
  );
});

test.each(['0x10', '1e1', '020', '+5', '5.0', '%205', '٥'])(
  'an integer in a query is written as in JSON: ?limit=%s is rejected',
  async (limit) => {
    const response = await sendSignedIn({ path: `/todos?limit=${limit}` });
    const message = 'must be integer';
    expect(await faultsOf(response)).toEqual([{ parameter: 'limit', message }]);
  },
);

test('on HOST=:: an IPv4 client has an IPv4 address', async () => {
  await using app = await startService({ HOST: '::', JWT_SECRET });
  const url = `http://127.0.0.1:${new URL(app.url).port}`;
  const { access_token: token } = await signUp({ url }, 'ada');
  const sessions = await (await send(app, { path: '/auth/sessions', token })).json();
  expect(sessions[0].address).toBe('127.0.0.1');
});

test.each([
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
  'text/html, application/json;q=0.5',
  'application/*; charset=utf-8',
  'application/problem+json',
])('an answer in JSON is acceptable for Accept: %s', async (accept) => {
  const response = await sendSignedIn({ path: '/todos', headers: { Accept: accept } });
  expect(response.status).toBe(200);
});

test.each(['application/json; version=2', 'application/json; charset=utf-16', '*/*;q=0'])(
  'an answer in JSON is not acceptable for Accept: %s',
  async (accept) => {
    const response = await sendSignedIn({ path: '/todos', headers: { Accept: accept } });
    expect(response.status).toBe(406);
  },
);

test('METRICS_PORT answers errors with problem documents without details', async () => {
  await using app = await startService({ METRICS_PORT: '0' });
  const base = app.metricsUrl.replace('/metrics', '');
  for (const [path, status] of [
    ['/', 404],
    ['/todos', 404],
    ['/%zz', 400],
  ] as const) {
    const response = await fetch(base + path);
    expect(response.status).toBe(status);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json; charset=utf-8');
  }
  const refused = await fetch(app.metricsUrl, { method: 'POST' });
  expect([refused.status, refused.headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
});
