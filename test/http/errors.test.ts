// Every row of the table of errors in the contract, from the outside.
import { createHmac } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FAULTS } from '../support/database.ts';
import { breakDatabase } from '../support/database-faults.ts';
import { type Sent, send } from '../support/http.ts';
import { type ExpectedProblem, expectProblem } from '../support/problem.ts';
import { startService } from '../support/service.ts';
import { DEMO, signIn, signUp } from '../support/users.ts';
import { createTodo, startSignedInService } from './setup.ts';

const SECRET = 'a secret of the tests that is long enough';
const {
  service,
  token: demoToken,
  sendTo,
  sendSignedIn,
} = await startSignedInService({
  JWT_SECRET: SECRET,
});
const strict = await startSignedInService({ REGISTRATION: 'false', BODY_LIMIT_BYTES: '1024' });

const CHALLENGE = 'Bearer realm="todos"';
const INVALID_TOKEN = 'Bearer realm="todos", error="invalid_token"';

const unauthorized = { status: 401, title: 'Unauthorized' };
const AUTHENTICATION_REQUIRED: ExpectedProblem = {
  ...unauthorized,
  code: 'authentication_required',
  detail: 'Authentication required',
  challenge: CHALLENGE,
};
const INVALID_ACCESS_TOKEN: ExpectedProblem = {
  ...unauthorized,
  code: 'invalid_access_token',
  detail: 'Invalid access token',
  challenge: INVALID_TOKEN,
};
const SESSION_ENDED: ExpectedProblem = {
  ...unauthorized,
  code: 'session_ended',
  detail: 'You have been logged out. Please log in again.',
  challenge: INVALID_TOKEN,
};
const INVALID_REFRESH_TOKEN: ExpectedProblem = {
  ...unauthorized,
  code: 'invalid_refresh_token',
  detail: 'Invalid refresh token',
  challenge: INVALID_TOKEN,
};
const NOT_FOUND = { status: 404, title: 'Not Found', code: 'not_found' } as const;
const UNAVAILABLE: ExpectedProblem = {
  status: 503,
  title: 'Service Unavailable',
  code: 'unavailable',
  detail: 'The service cannot answer right now. Please try again.',
  retryAfter: '1',
};
const FAILED: ExpectedProblem = {
  status: 500,
  title: 'Internal Server Error',
  code: 'internal_error',
  detail: 'The service has failed to answer this request',
};

async function expectAnswer(answer: Promise<Response>, expected: ExpectedProblem): Promise<void> {
  const response = await answer;
  expectProblem(response, await response.text(), expected);
}

describe('a request that needs an access token', () => {
  test('without one is answered with 401', async () => {
    await expectAnswer(sendTo({ path: '/todos' }), AUTHENTICATION_REQUIRED);
  });

  test.each([
    ['of another scheme', 'Basic dGVzdHVzZXI6dGVzdHBhc3MxMjM=', AUTHENTICATION_REQUIRED],
    ['without a scheme', 'abc', AUTHENTICATION_REQUIRED],
    ['with a scheme that only begins like Bearer', 'Bearers abc', AUTHENTICATION_REQUIRED],
    ['that is empty', '', AUTHENTICATION_REQUIRED],
    ['without a token', 'Bearer', INVALID_ACCESS_TOKEN],
    ['with a token that is no JWT', 'Bearer abc', INVALID_ACCESS_TOKEN],
    ['with two tokens', 'Bearer abc def', INVALID_ACCESS_TOKEN],
  ])('with an Authorization %s is answered with 401', async (_, authorization, expected) => {
    const request = { path: '/todos', headers: { Authorization: authorization } };
    await expectAnswer(sendTo(request), expected);
  });

  test('without one is answered with 401 before its body is parsed', async () => {
    const request = { method: 'POST', path: '/todos', body: '{' };
    await expectAnswer(sendTo(request), AUTHENTICATION_REQUIRED);
  });

  test.each<[string, object, object, string?]>([
    ['a wrong signature', {}, {}, 'another secret that is also long enough'],
    ['another algorithm', { alg: 'HS512' }, {}],
    ['no signature', { alg: 'none' }, {}],
    ['another type', { typ: 'at+jwt' }, {}],
    ['another key', { kid: 'other' }, {}],
    ['another issuer', {}, { iss: 'somebody' }],
    ['another audience', {}, { aud: 'somebody' }],
    ['no session', {}, { sid: undefined }],
  ])('with a token of %s is answered with 401', async (_, header, claims, secret) => {
    const token = forge(header, claims, secret);
    await expectAnswer(sendTo({ path: '/todos', token }), INVALID_ACCESS_TOKEN);
  });

  test('with a token that was rebuilt without a change is accepted', async () => {
    expect((await sendTo({ path: '/todos', token: forge({}, {}) })).status).toBe(200);
  });

  test('with an expired one is answered with access_token_expired', async () => {
    const { access_token: token } = await signIn(strict.service);
    strict.service.clock.advance(900);
    await expectAnswer(strict.sendTo({ path: '/todos', token }), {
      ...unauthorized,
      code: 'access_token_expired',
      detail: 'Access token expired',
      challenge: INVALID_TOKEN,
    });
  });

  test.each<[string, Sent]>([
    ['logout', { method: 'POST', path: '/auth/logout' }],
    ['revocation', { method: 'DELETE', path: '/auth/sessions' }],
  ])('whose session has ended by %s is answered with session_ended', async (how, ending) => {
    const { access_token: token } = await signUp(service, `of-${how}`);
    expect((await sendTo({ ...ending, token })).ok).toBe(true);
    await expectAnswer(sendTo({ path: '/todos', token }), SESSION_ENDED);
  });
});

describe('a login', () => {
  test.each([
    ['with a wrong password', { ...DEMO, password: 'wrong' }],
    ['of an unknown name', { ...DEMO, username: 'nobody' }],
  ])('%s gets the same response', async (_, body) => {
    await expectAnswer(sendTo({ method: 'POST', path: '/auth/login', body }), {
      ...unauthorized,
      code: 'invalid_credentials',
      detail: 'Invalid username or password',
      challenge: CHALLENGE,
    });
  });
});

describe('a refresh', () => {
  const refresh = (refresh_token: string) =>
    sendTo({ method: 'POST', path: '/auth/refresh', body: { refresh_token } });

  test.each([
    ['unknown', 'f'.repeat(64)],
    ['malformed', 'no token at all'],
  ])('with an %s token is answered with 401', async (_, token) => {
    await expectAnswer(refresh(token), INVALID_REFRESH_TOKEN);
  });

  test('with a revoked token is answered with 401', async () => {
    const pair = await signIn(service);
    await sendTo({ method: 'POST', path: '/auth/logout', token: pair.access_token });
    await expectAnswer(refresh(pair.refresh_token), INVALID_REFRESH_TOKEN);
  });

  test('with a reused token is answered with 401', async () => {
    const pair = await signIn(service);
    expect((await refresh(pair.refresh_token)).status).toBe(200);
    service.clock.advance(11);
    await expectAnswer(refresh(pair.refresh_token), INVALID_REFRESH_TOKEN);
  });

  test('with an expired token is answered with 401', async () => {
    const { refresh_token } = await signIn(strict.service);
    strict.service.clock.advance(31 * 86_400);
    const request = { method: 'POST', path: '/auth/refresh', body: { refresh_token } };
    await expectAnswer(strict.sendTo(request), INVALID_REFRESH_TOKEN);
  });

  test('with two different tokens is answered with 401, and neither is spent', async () => {
    const [one, other] = [await signIn(service), await signIn(service)];
    const answer = sendTo({
      method: 'POST',
      path: '/auth/refresh',
      headers: { 'Refresh-Token': other.refresh_token },
      body: { refresh_token: one.refresh_token },
    });
    await expectAnswer(answer, INVALID_REFRESH_TOKEN);
    expect((await refresh(one.refresh_token)).status).toBe(200);
    expect((await refresh(other.refresh_token)).status).toBe(200);
  });
});

test("a logout with another user's refresh token is answered with 401, and ends no session", async () => {
  const { refresh_token } = await signUp(service, 'ada');
  const logout = { method: 'POST', path: '/auth/logout', body: { refresh_token } };
  await expectAnswer(sendSignedIn(logout), INVALID_REFRESH_TOKEN);
  expect((await sendSignedIn({ path: '/todos' })).status).toBe(200);
  const refresh = { method: 'POST', path: '/auth/refresh', body: { refresh_token } };
  expect((await sendTo(refresh)).status).toBe(200);
});

describe('a request that its schema rejects: 400 names the place and the reason:', () => {
  const id = '019ab1d0-5c00-7000-8000-000000000001';
  const NO_JSON = 'is not valid JSON in UTF-8';
  const SURROGATE = 'has a lone surrogate (RFC 7493)';
  const UNKNOWN = 'must NOT have additional properties';
  const NOT_BLANK = `must match pattern "^[^\\x00]*[^\\s\\x00][^\\x00]*$"`;
  const post = (body: unknown): Sent => ({ method: 'POST', path: '/todos', body });

  test.each<[string, Sent, object, string]>([
    ['a member is missing', post({}), { pointer: '/title' }, "must have required property 'title'"],
    [
      'a member is unknown',
      post({ title: 'x', extra: 1 }),
      { pointer: '/extra' },
      'must NOT have additional properties',
    ],
    [
      'a member is too long',
      post({ title: 'x'.repeat(201) }),
      { pointer: '/title' },
      'must NOT have more than 200 characters',
    ],
    ['a member is of another type', post({ title: 1 }), { pointer: '/title' }, 'must be string'],
    ['a title is blank', post({ title: ' \t' }), { pointer: '/title' }, NOT_BLANK],
    ['a title has a null character', post({ title: 'a\0b' }), { pointer: '/title' }, NOT_BLANK],
    ['a title has a lone surrogate', post('{"title":"a\\ud800b"}'), { pointer: '' }, SURROGATE],
    ['a name is a lone surrogate', post('{"\\uDFFF":1}'), { pointer: '' }, SURROGATE],
    [
      'an unknown member has a name of which a pointer has to escape some',
      post({ title: 'x', 'a/b~c~1': 1 }),
      { pointer: '/a~1b~0c~01' },
      UNKNOWN,
    ],
    ['an unknown member has no name', post({ title: 'x', '': 1 }), { pointer: '' }, UNKNOWN],
    [
      'a query parameter has a null character in its name',
      { path: '/todos?a%00=1' },
      { parameter: 'a\ufffd' },
      "Unknown query parameter 'a\ufffd'",
    ],
    [
      '__proto__ is a member',
      post('{"title":"x","__proto__":{}}'),
      { pointer: '/__proto__' },
      'must NOT have additional properties',
    ],
    [
      'constructor is a member',
      post({ title: 'x', constructor: {} }),
      { pointer: '/constructor' },
      'must NOT have additional properties',
    ],
    ['the body is null', post('null'), { pointer: '' }, 'must be object'],
    ['the body is a number', post('1'), { pointer: '' }, 'must be object'],
    ['the body is a list', post([]), { pointer: '' }, 'must be object'],
    [
      'the body is 32,000 lists in each other',
      post(`${'['.repeat(32_000)}${']'.repeat(32_000)}`),
      { pointer: '' },
      'must be object',
    ],
    [
      'a title is 10,000 lists in each other',
      post(`{"title":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
      { pointer: '/title' },
      'must be string',
    ],
    ['the body is no JSON', post('{"title":'), { pointer: '' }, NO_JSON],
    ['the body is blank', post('  '), { pointer: '' }, NO_JSON],
    [
      'the body is no UTF-8',
      post(new Uint8Array([0x22, 0xff, 0xfe, 0x22])),
      { pointer: '' },
      NO_JSON,
    ],
    [
      'the body is UTF-16',
      post(new Uint8Array(Buffer.from('{"title":"x"}', 'utf16le'))),
      { pointer: '' },
      NO_JSON,
    ],
    [
      'the body has a raw surrogate',
      post(new Uint8Array(Buffer.from('{"title":"\xed\xa0\x80"}', 'latin1'))),
      { pointer: '' },
      NO_JSON,
    ],
    ['the body has a raw null character', post('{"title":"a\0b"}'), { pointer: '' }, NO_JSON],
    ['the body is missing', { method: 'POST', path: '/todos' }, { pointer: '' }, 'is missing'],
    [
      'the body is empty',
      { ...post(''), headers: { 'Content-Type': 'application/json' } },
      { pointer: '' },
      'is missing',
    ],
    [
      'a query parameter is unknown',
      { path: '/todos?bogus=1' },
      { parameter: 'bogus' },
      "Unknown query parameter 'bogus'",
    ],
    [
      'a query parameter is called __proto__',
      { path: '/todos?__proto__=1' },
      { parameter: '__proto__' },
      "Unknown query parameter '__proto__'",
    ],
    [
      'a query parameter is called toString',
      { path: '/todos?toString=1' },
      { parameter: 'toString' },
      "Unknown query parameter 'toString'",
    ],
    [
      'a query parameter is given twice',
      { path: '/todos?limit=1&limit=2' },
      { parameter: 'limit' },
      'must be integer',
    ],
    [
      'a query parameter is no number',
      { path: '/todos?limit=ten' },
      { parameter: 'limit' },
      'must be integer',
    ],
    [
      'a query parameter is too large',
      { path: '/todos?limit=101' },
      { parameter: 'limit' },
      'must be <= 100',
    ],
    [
      'a query parameter is none of its values',
      { path: '/todos?sort=title' },
      { parameter: 'sort' },
      'must be equal to one of the allowed values: created_at, -created_at, updated_at, -updated_at',
    ],
    [
      'a query parameter is empty',
      { path: '/todos?q=' },
      { parameter: 'q' },
      "Empty value found for query parameter 'q'",
    ],
    [
      'a cursor was never handed out',
      { path: '/todos?cursor=abc' },
      { parameter: 'cursor' },
      'was not handed out for this list',
    ],
    [
      'a path parameter is no UUID',
      { path: '/todos/1' },
      { parameter: 'todo_id' },
      'must NOT have fewer than 36 characters',
    ],
    [
      'a path parameter has a null character',
      { path: `/todos/${id.slice(1)}%00` },
      { parameter: 'todo_id' },
      'must match format "uuid"',
    ],
    [
      'a header is malformed',
      { path: `/todos/${id}`, headers: { 'If-None-Match': 'abc' } },
      { header: 'if-none-match' },
      'must match pattern "^(\\*|(W/)?"[!#-~]*"([ \\t]*,[ \\t]*(W/)?"[!#-~]*")*)$"',
    ],
  ])('%s', async (_, request, where, message) => {
    const place = Object.values(where).join() || 'The body';
    const isSentence = message === 'was not handed out for this list';
    await expectAnswer(sendSignedIn(request), {
      status: 400,
      title: 'Bad Request',
      code: 'invalid_request',
      detail: `${place}${isSentence ? '' : ':'} ${message}`,
      errors: [{ ...where, message }],
    });
  });

  test('a missing refresh token', async () => {
    const message = 'is needed, in the body or in the Refresh-Token header';
    await expectAnswer(sendTo({ method: 'POST', path: '/auth/refresh' }), {
      status: 400,
      title: 'Bad Request',
      code: 'invalid_request',
      detail: `The refresh token ${message}`,
      errors: [{ pointer: '/refresh_token', message }],
    });
  });

  test('a lone surrogate at any depth; a body that is nested too deeply is invalid JSON', async () => {
    const deep = `${'['.repeat(9000)}"\\uD800"${']'.repeat(9000)}`;
    const { status, detail } = await (await sendSignedIn(post(deep))).json();
    expect([status, detail]).toEqual([
      400,
      expect.stringMatching(/lone surrogate|no.* valid JSON/),
    ]);
  });

  test('a name with a null character: escaped in the sentence, as it is in the pointer', async () => {
    const response = await sendSignedIn(post({ title: 'x', 'a\0': 1 }));
    expect(await response.json()).toMatchObject({
      status: 400,
      detail: `/a\ufffd: ${UNKNOWN}`,
      errors: [{ pointer: '/a\0' }],
    });
  });

  test.each(['~', '🍏'])('a long pointer is not cut off within %s', async (character) => {
    const name = `${'a'.repeat(998)}${character}`;
    const { status, errors } = await (await sendSignedIn(post({ title: 'x', [name]: 1 }))).json();
    expect([status, errors[0].pointer]).toEqual([400, `/${'a'.repeat(998)}`]);
  });

  test('a very long member name is shortened', async () => {
    const response = await sendSignedIn(post({ title: 'x', ['k'.repeat(5000)]: 1 }));
    const { detail, errors } = await response.json();
    expect(response.status).toBe(400);
    expect([...detail].length).toBe(1000);
    expect(errors[0].pointer.length).toBeLessThanOrEqual(1000);
  });

  test.each(['/todos/%zz', '/%ff', '/todos?q=%zz', '/todos?q=%ed%a0%80', '/todos?%c3=1'])(
    'the URL %s has a malformed escape sequence',
    async (path) => {
      await expectAnswer(sendSignedIn({ path }), {
        status: 400,
        title: 'Bad Request',
        code: 'invalid_request',
        detail: 'The URL has a malformed escape sequence',
      });
    },
  );
});

describe('403:', () => {
  test('a password change with a wrong current password', async () => {
    const body = { current_password: 'wrong', new_password: 'a new and better one' };
    await expectAnswer(sendSignedIn({ method: 'PUT', path: '/auth/password', body }), {
      status: 403,
      title: 'Forbidden',
      code: 'wrong_password',
      detail: 'The current password is wrong',
    });
  });

  test('a registration where REGISTRATION=false', async () => {
    const body = { username: 'ada', password: 'correct horse battery staple' };
    await expectAnswer(strict.sendTo({ method: 'POST', path: '/auth/register', body }), {
      status: 403,
      title: 'Forbidden',
      code: 'registration_closed',
      detail: 'Registration is closed',
    });
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
    '/docs/nothing.js',
    '/docs/..%2f..%2fpackage.json',
    '/docs/%00',
  ])('%s', async (path) => {
    const detail = 'There is nothing at this path';
    await expectAnswer(sendSignedIn({ path }), { ...NOT_FOUND, detail });
  });

  test('an item that does not exist', async () => {
    const path = '/todos/019ab1d0-5c00-7000-8000-000000000001';
    await expectAnswer(sendSignedIn({ path }), { ...NOT_FOUND, detail: 'There is no such todo' });
  });

  test("another user's item, for every method", async () => {
    const { access_token } = await signUp(service, 'bob');
    const { id } = await createTodo(service, access_token);
    const path = `/todos/${id}`;
    for (const request of [
      { path },
      { path, method: 'PUT', body: { title: 'mine' } },
      { path, method: 'PATCH', body: { title: 'mine' } },
      { path, method: 'DELETE' },
    ]) {
      const expected = { ...NOT_FOUND, detail: 'There is no such todo' };
      await expectAnswer(sendSignedIn(request), expected);
    }
  });

  test("another user's session", async () => {
    const { access_token: token } = await signUp(service, 'cyd');
    const [{ id }] = await (await sendTo({ path: '/auth/sessions', token })).json();
    const request = { method: 'DELETE', path: `/auth/sessions/${id}` };
    const expected = { ...NOT_FOUND, detail: 'There is no such session' };
    await expectAnswer(sendSignedIn(request), expected);
    expect((await sendTo({ path: '/todos', token })).status).toBe(200);
  });

  test('an unknown path with an invalid body', async () => {
    const request = { method: 'POST', path: '/nowhere', body: '{' };
    const detail = 'There is nothing at this path';
    await expectAnswer(sendTo(request), { ...NOT_FOUND, detail });
  });
});

describe('405:', () => {
  const id = '019ab1d0-5c00-7000-8000-000000000001';

  test.each([
    ['/auth/register', 'GET', 'POST'],
    ['/auth/login', 'GET', 'POST'],
    ['/auth/refresh', 'DELETE', 'POST'],
    ['/auth/logout', 'GET', 'POST'],
    ['/auth/me', 'POST', 'GET, HEAD, DELETE'],
    ['/auth/password', 'POST', 'PUT'],
    ['/auth/sessions', 'POST', 'GET, HEAD, DELETE'],
    [`/auth/sessions/${id}`, 'GET', 'DELETE'],
    ['/todos', 'PUT', 'GET, HEAD, POST, DELETE'],
    ['/todos', 'PROPFIND', 'GET, HEAD, POST, DELETE'],
    [`/todos/${id}`, 'POST', 'GET, HEAD, PUT, DELETE, PATCH'],
    ['/healthz', 'POST', 'GET, HEAD'],
    ['/readyz', 'POST', 'GET, HEAD'],
    ['/.well-known/jwks.json', 'POST', 'GET, HEAD'],
  ])('%s rejects %s and allows %s, also without a token', async (path, method, allow) => {
    const answer = sendTo({ path, method, headers: { Authorization: 'Bearer nonsense' } });
    await expectAnswer(answer, {
      status: 405,
      title: 'Method Not Allowed',
      code: 'method_not_allowed',
      detail: `${method} is not allowed here`,
      allow,
    });
  });
});

describe('406: an Accept', () => {
  test.each(['text/html', 'application/json;q=0', 'application/xml, text/*', ';;;,,/'])(
    'of %s accepts no JSON, and is rejected',
    async (accept) => {
      await expectAnswer(sendSignedIn({ path: '/todos', headers: { Accept: accept } }), {
        status: 406,
        title: 'Not Acceptable',
        code: 'not_acceptable',
        detail: 'The answer is JSON, which the Accept header excludes',
      });
    },
  );

  test.each([
    '*/*',
    'application/json',
    'application/problem+json',
    'application/*;q=0.1, text/html',
    '',
  ])('of %j accepts JSON', async (accept) => {
    const response = await sendSignedIn({ path: '/todos', headers: { Accept: accept } });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
  });
});

test.each(['PUT', 'PATCH', 'DELETE'])(
  '412: %s of a todo that has changed since',
  async (method) => {
    const { id } = await createTodo(service, demoToken);
    const body = method === 'DELETE' ? {} : { body: { title: 'changed' } };
    const headers = { 'If-Match': '"0"' };
    await expectAnswer(sendSignedIn({ method, path: `/todos/${id}`, headers, ...body }), {
      status: 412,
      title: 'Precondition Failed',
      code: 'precondition_failed',
      detail: 'The todo has changed since it was read',
    });
  },
);

describe('413 and 415: a body', () => {
  const TOO_LARGE: ExpectedProblem = {
    status: 413,
    title: 'Content Too Large',
    code: 'content_too_large',
    detail: 'The body is too large',
  };

  test('of 64 KiB is accepted, and of one byte more is rejected', async () => {
    const post = (body: string) => sendSignedIn({ method: 'POST', path: '/todos', body });
    expect((await post(`{"title":"x"}${' '.repeat(65_536 - 13)}`)).status).toBe(201);
    await expectAnswer(post(`{"title":"x"}${' '.repeat(65_536 - 12)}`), TOO_LARGE);
  });

  test('has the limit of BODY_LIMIT_BYTES', async () => {
    const body = { ...DEMO, password: 'x'.repeat(1024) };
    await expectAnswer(strict.sendTo({ method: 'POST', path: '/auth/login', body }), TOO_LARGE);
  });

  test.each<[string, Record<string, string>, string?]>([
    ['of another media type', { 'Content-Type': 'text/plain' }],
    ['of a form', { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['without a media type', { 'Content-Type': '' }],
    ['of a malformed media type', { 'Content-Type': ';;=/' }],
    ['in another charset', { 'Content-Type': 'application/json; charset=utf-16' }],
    ['in an unknown encoding', { 'Content-Encoding': 'snappy' }],
    ['in two encodings', { 'Content-Encoding': 'gzip, br' }],
    ['of a media type of another operation', { 'Content-Type': 'application/merge-patch+json' }],
    ['that is neither of a type that is taken nor JSON', { 'Content-Type': 'text/plain' }, 'x'],
  ])('%s is rejected', async (_, headers, body = '{"title":"x"}') => {
    const request = { method: 'POST', path: '/todos', headers, body };
    await expectAnswer(sendSignedIn(request), {
      status: 415,
      title: 'Unsupported Media Type',
      code: 'unsupported_media_type',
      detail: 'The body must be JSON in UTF-8, of a type this operation takes',
    });
  });
});

describe('409:', () => {
  test('a username that is taken, also in another case', async () => {
    const body = { username: 'TestUser', password: 'correct horse battery staple' };
    await expectAnswer(sendTo({ method: 'POST', path: '/auth/register', body }), {
      status: 409,
      title: 'Conflict',
      code: 'username_taken',
      detail: 'This username is taken',
    });
  });

  test('an Idempotency-Key with another request', async () => {
    const post = (title: string) =>
      sendSignedIn({
        method: 'POST',
        path: '/todos',
        headers: { 'Idempotency-Key': 'once' },
        body: { title },
      });
    expect((await post('one')).status).toBe(201);
    await expectAnswer(post('other'), {
      status: 409,
      title: 'Conflict',
      code: 'idempotency_key_reused',
      detail: 'This Idempotency-Key belongs to another request',
    });
  });
});

describe('while the database is down', () => {
  test('requests are answered with 503, and the same tokens work afterwards', async () => {
    const { access_token: token, refresh_token } = await signIn(service);
    const refresh = { method: 'POST', path: '/auth/refresh', body: { refresh_token } };

    for (const code of FAULTS.outages) {
      using _outage = breakDatabase(code);
      for (const request of [
        { path: '/todos', token },
        { method: 'POST', path: '/auth/logout', token },
        { method: 'POST', path: '/auth/login', body: DEMO },
        { path: '/readyz' },
        refresh,
      ]) {
        await expectAnswer(sendTo(request), UNAVAILABLE);
      }
      expect((await sendTo({ path: '/healthz' })).status).toBe(200);
    }

    expect((await sendTo({ path: '/todos', token })).status).toBe(200);
    expect((await sendTo({ path: '/readyz' })).status).toBe(200);
    expect((await sendTo(refresh)).status).toBe(200);
  });

  test('and a request has a valid token: 503; an invalid token is answered with 401', async () => {
    await using patient = await startService();
    const { access_token: token } = await signIn(patient);
    await patient.db.destroy();
    await expectAnswer(send(patient, { path: '/todos', token }), UNAVAILABLE);
    await expectAnswer(send(patient, { path: '/todos' }), AUTHENTICATION_REQUIRED);
    await expectAnswer(send(patient, { path: '/todos', token: 'abc' }), INVALID_ACCESS_TOKEN);
  });
});

describe('an unexpected error is a 500 without details:', () => {
  test.each<[string, 'sessions' | 'todos']>([
    ['of an operation', 'todos'],
    ['of an authentication', 'sessions'],
  ])('%s', async (_, table) => {
    await service.db.schema.alterTable(table).renameTo('elsewhere').execute();
    await expectAnswer(sendSignedIn({ path: '/todos' }), FAILED);
    await service.db.schema.alterTable('elsewhere').renameTo(table).execute();
    expect((await sendSignedIn({ path: '/todos' })).status).toBe(200);
  });
});

test('a second validator that fails to load is loaded by the next request', async () => {
  await using fresh = await startService();
  const clone = vi.spyOn(globalThis, 'structuredClone').mockImplementationOnce(() => {
    throw new Error('EMFILE: too many open files');
  });
  onTestFinished(() => clone.mockRestore());
  const invalid = { method: 'POST', path: '/auth/login', body: {} };
  await expectAnswer(send(fresh, invalid), FAILED);
  expect((await send(fresh, invalid)).status).toBe(400);
});

/** The demo user's access token with another header or other claims, signed again. */
function forge(header: object, claims: object, secret = SECRET): string {
  const [head = '', payload = ''] = demoToken.split('.');
  const signed = `${changed(head, header)}.${changed(payload, claims)}`;
  const { alg = 'HS256' } = header as { alg?: string }; // the tests above give no other member
  if (alg === 'none') return `${signed}.`;
  const digest = alg === 'HS512' ? 'sha512' : 'sha256';
  return `${signed}.${createHmac(digest, secret).update(signed).digest('base64url')}`;
}

function changed(part: string, changes: object): string {
  const value = { ...JSON.parse(Buffer.from(part, 'base64url').toString()), ...changes };
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
