// Broken servers: requirements of HTTP and of the contract for every answer.
import { bearerOf } from './known.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Sent } from './proxy.ts';
import { answer, ask, made, problem, reject, reply, when } from './words.ts';

const OKP = { kty: 'OKP', kid: 'a', alg: 'EdDSA', use: 'sig', crv: 'Ed25519', x: 'a' };
const UNAUTHENTICATED = problem(401, 'authentication_required', 'Authentication required');
const isHead = ({ method }: Sent) => method === 'HEAD';
const isPreflight = ({ method }: Sent) => method === 'OPTIONS';
const isAnonymous = ({ headers }: Sent) => headers['authorization'] === undefined;
const isUnknown = ({ path }: Sent) => path === '/nowhere';
const isSpoiled = ({ path }: Sent) => path.includes('bogus=1');

/** Takes a name out of a list in a header. */
const without = (name: string, header: string) =>
  answer.headers(0, ({ [header]: list }) => {
    if (list === undefined) return {};
    const others = `${list}`.split(/, */).filter((one) => one !== name);
    return { [header]: others.join(', ') };
  });

/** Codes that exist, but that no operation has under this status. */
const OTHER_CODES: [status: number, code: string][] = [
  [400, 'not_found'],
  [401, 'wrong_password'],
  [405, 'not_found'],
  [406, 'unsupported_media_type'],
  [413, 'invalid_request'],
  [415, 'not_acceptable'],
];
const withOtherCode = ([status, code]: [number, string]): [string, Fault] => [
  `answers ${status} with the code ${code}`,
  answer.body(status, { code }),
];

/** Applies a fault to the requests of every operation. */
const onAllRequests = (fault: Fault) => ({ onAllRequests: fault });

export const http: Mutants = {
  getHealth: {
    'answers another status text': answer.body(200, { status: 'up' }),
    'answers text': answer(200, ({ headers }) => ({
      headers: { ...headers, 'content-type': 'text/plain' },
      body: 'ok',
    })),
    'checks Authorization': when((sent) => bearerOf(sent) !== '', reject(401)),
    "ignores the client's X-Request-Id": ask.headers({ 'x-request-id': undefined }),
    'accepts any X-Request-Id': answer.headers(0, (headers, sent) => ({
      'x-request-id': sent.headers['x-request-id'] ?? headers['x-request-id'],
    })),
    'gives all requests without an X-Request-Id the same one': when(
      ({ headers }) => headers['x-request-id'] === undefined,
      answer.headers(0, { 'x-request-id': 'request' }),
    ),
    'does not let pages read any header': onAllRequests(
      answer.headers(0, { 'access-control-expose-headers': undefined }),
    ),
    'does not let pages read ETag': onAllRequests(without('ETag', 'access-control-expose-headers')),
  },
  getReadiness: {
    'answers 503 with a problem and no Retry-After': answer(200, problem(503)),
    'answers an empty body': answer(200, { body: '' }),
  },
  getJwks: {
    'shows a key that signs nothing': answer.body(200, { keys: [OKP] }),
    'shows the private half': answer.body(200, { keys: [{ ...OKP, d: 'a' }] }),
    'shows the secret': answer.body(200, { keys: [{ kty: 'oct', k: 'a', alg: 'HS256' }] }),
    'answers the bare list': answer(200, { body: '[]' }),
  },
  getCurrentUser: {
    'does not support HEAD': onAllRequests(when(isHead, reject(405))),
    'answers 204 to HEAD': onAllRequests(when(isHead, reply(made(204)))),
    'answers HEAD without Content-Type': onAllRequests(
      when(isHead, answer.headers(200, { 'content-type': undefined })),
    ),
  },
  getTodo: {
    'answers HEAD without ETag': onAllRequests(
      when(isHead, answer.headers(200, { etag: undefined })),
    ),
  },
  createTodo: {
    'gives 413 its old title': onAllRequests(answer.body(413, { title: 'Payload Too Large' })),
    'accepts a body without a media type': onAllRequests(
      ask.headers(({ 'content-type': type = 'application/json' }) => ({ 'content-type': type })),
    ),
  },
  'what the contract does not have': {
    'checks the token before the path': when(
      (sent) => isUnknown(sent) && isAnonymous(sent),
      answer(404, UNAUTHENTICATED),
    ),
    'checks the method before the path': when(
      (sent) => isUnknown(sent) && sent.method === 'POST',
      reject(405),
    ),
    'answers unknown paths in HTML': when(
      isUnknown,
      reply(made(404, {}, { 'content-type': 'text/html' })),
    ),
    'accepts `/todos/`': ask(({ path }) => ({ path: path === '/todos/' ? '/todos' : path })),
    'accepts `/TODOS`': ask(({ path }) => ({ path: path === '/TODOS' ? '/todos' : path })),
    'answers every path': when(isUnknown, reply(made(200, {}))),
  },
  'every operation': {
    ...Object.fromEntries(OTHER_CODES.map(withOtherCode)),
    'sends no X-Request-Id': answer.headers(0, { 'x-request-id': undefined }),
    'sends no Cache-Control': answer.headers(0, { 'cache-control': undefined }),
    'lets caches keep errors': answer(0, ({ status, headers }) => ({
      headers: status < 400 ? headers : { ...headers, 'cache-control': 'max-age=60' },
    })),
    'sends problems as application/json': answer(0, ({ status, headers }) => ({
      headers: status < 400 ? headers : { ...headers, 'content-type': 'application/json' },
    })),
    'writes in Latin-1': answer.headers(0, ({ 'content-type': type }) => ({
      'content-type': type && 'application/json; charset=iso-8859-1',
    })),
    'leaves `error` out of problems': answer.body(400, { error: undefined }),
    'has another text in `error` than in `detail`': answer.body(400, { error: 'Bad Request' }),
    'leaves `code` out of problems': answer.body(401, { code: undefined }),
    'leaves `type` out of problems': answer.body(401, { type: undefined }),
    'makes up a `code`': answer.body(401, { code: 'unauthorized' }),
    'has another status in the problem': answer.body(401, { status: 400 }),
    'shows a stack trace': answer.body(400, { stack: 'at' }),
    'puts a request id into every problem': answer.body(400, { request_id: 'a' }),
    'answers 400 without errors': answer.body(400, { errors: undefined }),
    'has a name instead of a pointer': answer(400, ({ body }) => ({
      body: body.replaceAll('"pointer":"/', '"pointer":"'),
    })),
    'answers 422 where the request is wrong': answer(400, { status: 422 }),
    'answers 500 where the JSON is wrong': when(({ body }) => body === '{', reject(500)),
    'accepts unknown query parameters': ask.query({ bogus: undefined }),
    'answers 401 without a challenge': answer.headers(401, { 'www-authenticate': undefined }),
    'answers a missing token with invalid_token': when(
      isAnonymous,
      answer(401, ({ headers, body }) => ({
        headers: body.includes('authentication_required')
          ? { ...headers, 'www-authenticate': 'Bearer realm="todos", error="invalid_token"' }
          : headers,
      })),
    ),
    'answers an invalid token without invalid_token': answer.headers(401, {
      'www-authenticate': 'Bearer realm="todos"',
    }),
    'names another realm': answer.headers(401, ({ 'www-authenticate': challenge }) => ({
      'www-authenticate': `${challenge}`.replace('todos', 'api'),
    })),
    'answers a missing token with another detail': answer(401, ({ body }) => ({
      body: body.replaceAll('Authentication required', 'Unauthorized'),
    })),
    'answers 200 to other methods': answer(405, made(200)),
    'answers 404 to another method': answer(405, problem(404)),
    'answers 405 without Allow': answer.headers(405, { allow: undefined }),
    'leaves HEAD out of Allow': without('HEAD', 'allow'),
    'leaves DELETE out of Allow': without('DELETE', 'allow'),
    'checks the query before the token': when(
      (sent) => !isPreflight(sent) && isSpoiled(sent) && isAnonymous(sent),
      answer(401, problem(400)),
    ),
    'checks the JSON before the token': when(
      (sent) => sent.body === '{' && isAnonymous(sent),
      answer(401, problem(400)),
    ),
    'checks the query before the media type': when(isSpoiled, answer(415, problem(400))),
    'checks Accept before the query': when(
      ({ headers }) => headers['accept'] === 'text/html',
      answer(400, problem(406)),
    ),
    'checks the query before the method': when(isSpoiled, answer(405, problem(400))),
    'checks the token before the method': when(isAnonymous, answer(405, UNAUTHENTICATED)),
    'answers 200 to OPTIONS': when(isPreflight, answer(204, { status: 200 })),
    'answers OPTIONS without Allow': when(isPreflight, answer.headers(204, { allow: undefined })),
    'ignores Accept': ask.headers({ accept: '*/*' }),
    'answers 400 to a body that is too large': answer(413, { status: 400 }),
    'accepts a body of any media type': ask.headers(({ 'content-type': type }) => ({
      'content-type': type === 'text/plain' ? 'application/json' : type,
    })),
    'answers 400 to another media type': answer(415, problem(400)),
    'does not support OPTIONS': when(isPreflight, reject(405)),
    'allows no origin': answer.headers(0, { 'access-control-allow-origin': undefined }),
    'allows every origin': answer.headers(0, (_, { headers: { origin } }) =>
      origin === undefined ? {} : { 'access-control-allow-origin': origin },
    ),
    'does not let pages send DELETE': without('DELETE', 'access-control-allow-methods'),
    'does not let pages send Authorization': answer.headers(0, {
      'access-control-allow-headers': '*',
    }),
    'redirects a request without a token to a page': answer(401, ({ body }) =>
      body.includes('authentication_required') ? made(302) : {},
    ),
    'has a type that is not a URI': answer.body(401, { type: 'http://a b' }),
    'answers 429 without Retry-After': answer(401, problem(429)),
  },
};
