// Every row of the table of errors in the contract, from the outside.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FAULTS } from '../support/database.ts';
import { breakDatabase } from '../support/database-faults.ts';
import { type Sent, send } from '../support/http.ts';
import { type ExpectedProblem, expectProblem, NOT_FOUND, UNAVAILABLE } from '../support/problem.ts';
import { startService } from '../support/service.ts';
import { DEMO, PASSWORD, signIn, signUp } from '../support/users.ts';
import { createTodo, startSignedInService } from './setup.ts';

const { service, token: demoToken, sendTo, sendSignedIn } = await startSignedInService();

const UNKNOWN_ID = '019ab1d0-5c00-7000-8000-000000000001';
const CHALLENGE = 'Bearer realm="todos"';
const INVALID_TOKEN = 'Bearer realm="todos", error="invalid_token"';

const AUTHENTICATION_REQUIRED: ExpectedProblem = {
  code: 'authentication_required',
  detail: 'Authentication required',
  challenge: CHALLENGE,
};
const INVALID_ACCESS_TOKEN: ExpectedProblem = {
  code: 'invalid_access_token',
  detail: 'Invalid access token',
  challenge: INVALID_TOKEN,
};

async function expectAnswer(answer: Promise<Response>, expected: ExpectedProblem): Promise<void> {
  await expectProblem(await answer, expected);
}

function post(path: string, body: unknown, headers: Record<string, string> = {}): Sent {
  return { method: 'POST', path, body, headers };
}

describe('401:', () => {
  test('a request without an access token, before its body is parsed', async () => {
    await expectAnswer(sendTo({ path: '/todos' }), AUTHENTICATION_REQUIRED);
    await expectAnswer(sendTo(post('/todos', '{')), AUTHENTICATION_REQUIRED);
  });

  test.each([
    ['of another scheme', 'Basic dGVzdHVzZXI6dGVzdHBhc3MxMjM=', AUTHENTICATION_REQUIRED],
    ['without a scheme', 'abc', AUTHENTICATION_REQUIRED],
    ['with a scheme that only begins like Bearer', 'Bearers abc', AUTHENTICATION_REQUIRED],
    ['that is empty', '', AUTHENTICATION_REQUIRED],
    ['without a token', 'Bearer', INVALID_ACCESS_TOKEN],
    ['with a token that is no JWT', 'Bearer abc', INVALID_ACCESS_TOKEN],
  ])('an Authorization %s', async (_, authorization, expected) => {
    const request = { path: '/todos', headers: { Authorization: authorization } };
    await expectAnswer(sendTo(request), expected);
  });

  test('an access token that has expired', async () => {
    await using service = await startService();
    const { access_token: token } = await signIn(service);
    service.clock.advance(900);
    await expectAnswer(send(service, { path: '/todos', token }), {
      code: 'access_token_expired',
      detail: 'Access token expired',
      challenge: INVALID_TOKEN,
    });
  });

  test('an access token whose session has ended', async () => {
    const { access_token: token } = await signUp(service, 'ada');
    expect((await sendTo({ method: 'POST', path: '/auth/logout', token })).ok).toBe(true);
    await expectAnswer(sendTo({ path: '/todos', token }), {
      code: 'session_ended',
      detail: 'You have been logged out. Please log in again.',
      challenge: INVALID_TOKEN,
    });
  });

  test('a login with a wrong password, and one with an unknown name: the same response', async () => {
    for (const change of [{ password: 'wrong' }, { username: 'nobody' }]) {
      await expectAnswer(sendTo(post('/auth/login', { ...DEMO, ...change })), {
        code: 'invalid_credentials',
        detail: 'Invalid username or password',
        challenge: CHALLENGE,
      });
    }
  });

  test('a refresh with an unknown token', async () => {
    await expectAnswer(sendTo(post('/auth/refresh', { refresh_token: 'f'.repeat(64) })), {
      code: 'invalid_refresh_token',
      detail: 'Invalid refresh token',
      challenge: INVALID_TOKEN,
    });
  });
});

test.each(['/todos/%zz', '/%ff', '/todos?q=%zz', '/todos?q=%ed%a0%80', '/todos?%c3=1'])(
  '400: the URL %s has a malformed escape sequence',
  async (path) => {
    await expectAnswer(sendSignedIn({ path }), {
      code: 'invalid_request',
      detail: 'The URL has a malformed escape sequence',
    });
  },
);

test('403: a password change with a wrong current password', async () => {
  const body = { current_password: 'wrong', new_password: 'a new and better one' };
  await expectAnswer(sendSignedIn({ method: 'PUT', path: '/auth/password', body }), {
    code: 'wrong_password',
    detail: 'The current password is wrong',
  });
});

test('403: a registration where REGISTRATION=false', async () => {
  await using closed = await startService({ REGISTRATION: 'false' });
  const body = { username: 'ada', password: PASSWORD };
  await expectAnswer(send(closed, post('/auth/register', body)), {
    code: 'registration_closed',
    detail: 'Registration is closed',
  });
});

describe('404:', () => {
  test.each([
    '/',
    '/nowhere',
    '//todos',
    '/todos/',
    '/TODOS',
    '/%74odos',
    '/todos/a/b',
    '/healthz/',
    '/docs//',
    '/docs/nothing.js',
    '/docs/..%2f..%2fpackage.json',
    '/docs/%00',
  ])('%s', async (path) => {
    await expectAnswer(sendSignedIn({ path }), NOT_FOUND);
  });

  test('an unknown path with an invalid body', async () => {
    await expectAnswer(sendTo(post('/nowhere', '{')), NOT_FOUND);
  });

  test.each([
    ['todo', '/todos'],
    ['session', '/auth/sessions'],
  ])('a %s that does not exist', async (name, path) => {
    const request = { method: 'DELETE', path: `${path}/${UNKNOWN_ID}` };
    const detail = `There is no such ${name}`;
    await expectAnswer(sendSignedIn(request), { ...NOT_FOUND, detail });
  });
});

test('405: a method that the path does not have', async () => {
  await expectAnswer(sendTo({ path: '/todos', method: 'PROPFIND' }), {
    code: 'method_not_allowed',
    detail: 'PROPFIND is not allowed here',
    allow: 'GET, HEAD, POST, DELETE',
  });
});

describe('406: an Accept', () => {
  test.each([
    'text/html',
    'application/json;q=0',
    '*/*;q=0',
    'application/xml, text/*',
    'application/json; version=2',
    'application/json; charset=utf-16',
    ';;;,,/',
  ])('of %s accepts no JSON, and is rejected', async (accept) => {
    await expectAnswer(sendSignedIn({ path: '/todos', headers: { Accept: accept } }), {
      code: 'not_acceptable',
      detail: 'The answer is JSON, which the Accept header excludes',
    });
  });

  test.each([
    '*/*',
    'application/json',
    'application/json;charset=UTF-8',
    'application/problem+json',
    'application/*;q=0.1, text/html',
    'application/*; charset=utf-8',
    'text/html, application/json;q=0.5',
    '',
  ])('of %j accepts JSON', async (accept) => {
    const response = await sendSignedIn({ path: '/todos', headers: { Accept: accept } });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
  });
});

describe('409:', () => {
  test('a username that is taken, also in another case', async () => {
    const body = { username: 'TestUser', password: PASSWORD };
    await expectAnswer(sendTo(post('/auth/register', body)), {
      code: 'username_taken',
      detail: 'This username is taken',
    });
  });

  test('an Idempotency-Key with another request', async () => {
    const create = (title: string) =>
      sendSignedIn(post('/todos', { title }, { 'Idempotency-Key': 'once' }));
    expect((await create('one')).status).toBe(201);
    await expectAnswer(create('other'), {
      code: 'idempotency_key_reused',
      detail: 'This Idempotency-Key belongs to another request',
    });
  });
});

test('412: a change of a todo that has changed since', async () => {
  const { id } = await createTodo(service, demoToken);
  const headers = { 'If-Match': '"0"' };
  await expectAnswer(sendSignedIn({ method: 'DELETE', path: `/todos/${id}`, headers }), {
    code: 'precondition_failed',
    detail: 'The todo has changed since it was read',
  });
});

describe('413 and 415: a body', () => {
  const TOO_LARGE: ExpectedProblem = { code: 'content_too_large', detail: 'The body is too large' };

  test('of 64 KiB is accepted, and of one byte more is rejected', async () => {
    const body = (length: number) => '{"title":"x"}'.padEnd(length);
    expect((await sendSignedIn(post('/todos', body(65_536)))).status).toBe(201);
    await expectAnswer(sendSignedIn(post('/todos', body(65_537))), TOO_LARGE);
  });

  test('has the limit of BODY_LIMIT_BYTES', async () => {
    await using strict = await startService({ BODY_LIMIT_BYTES: '1024' });
    const login = (length: number) =>
      send(strict, post('/auth/login', JSON.stringify(DEMO).padEnd(length)));
    expect((await login(1024)).status).toBe(200);
    await expectAnswer(login(1025), TOO_LARGE);
  });

  test.each([
    ['Content-Type', 'text/plain'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
    ['Content-Type', 'application/merge-patch+json'], // of another operation
    ['Content-Type', ''],
    ['Content-Type', ';;=/'],
    ['Content-Type', 'application/json; charset=utf-16'],
    ['Content-Type', 'application/json; charset=iso-8859-1'],
    ['Content-Type', 'application/json; charset="utf-8'],
    ['Content-Type', 'application/json; charset=utf--8'],
    ['Content-Encoding', 'snappy'],
    ['Content-Encoding', 'gzip, br'],
  ])('with %s: %s is rejected, before it is parsed', async (name, value) => {
    await expectAnswer(sendSignedIn(post('/todos', 'no JSON', { [name]: value })), {
      code: 'unsupported_media_type',
      detail: 'The body must be JSON in UTF-8, of a type this operation takes',
    });
  });

  test.each(['utf-8', 'UTF8', '"utf-8"', 'us-ascii', 'US-ASCII'])(
    'is read with the charset %s',
    async (charset) => {
      const headers = { 'Content-Type': `application/json; charset=${charset}` };
      expect((await sendSignedIn(post('/todos', { title: 'x' }, headers))).status).toBe(201);
    },
  );
});

test('503: while the database is down; an invalid token is a 401, and valid ones work afterwards', async () => {
  const { access_token: token, refresh_token } = await signIn(service);
  const refresh = post('/auth/refresh', { refresh_token });
  for (const code of FAULTS.outages) {
    using _outage = breakDatabase(code);
    for (const request of [{ path: '/todos', token }, { path: '/readyz' }, refresh]) {
      await expectAnswer(sendTo(request), UNAVAILABLE);
    }
    await expectAnswer(sendTo({ path: '/todos', token: 'abc' }), INVALID_ACCESS_TOKEN);
    expect((await sendTo({ path: '/healthz' })).status).toBe(200);
  }
  for (const request of [{ path: '/todos', token }, { path: '/readyz' }, refresh]) {
    expect((await sendTo(request)).status).toBe(200);
  }
});

test('a second validator that fails to load is loaded by the next request', async () => {
  await using fresh = await startService();
  const clone = vi.spyOn(globalThis, 'structuredClone').mockImplementationOnce(() => {
    throw new Error('EMFILE: too many open files');
  });
  onTestFinished(() => clone.mockRestore());
  const invalid = post('/auth/login', {});
  await expectAnswer(send(fresh, invalid), {
    code: 'internal_error',
    detail: 'The service has failed to answer this request',
  });
  expect((await send(fresh, invalid)).status).toBe(400);
});
