// Broken services: requirements of HTTP and of the contract for every answer.
import { bearerOf } from './known.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Sent } from './proxy.ts';
import {
  answer,
  answerBody,
  answerHeaders,
  answerStatus,
  ask,
  askHeaders,
  askQuery,
  instead,
  made,
  pretend,
  problem,
  when,
} from './words.ts';

const OKP = { kty: 'OKP', kid: 'a', alg: 'EdDSA', use: 'sig', crv: 'Ed25519', x: 'a' };
const isPreflight = ({ method }: Sent) => method === 'OPTIONS';
const isSpoiled = (path: string) => path.includes('bogus=1');
const required = () => {
  const refusal = problem(401, 'authentication_required', 'Authentication required');
  return {
    ...refusal,
    headers: { ...refusal.headers, 'www-authenticate': 'Bearer realm="todos"' },
  };
};
const isHead = ({ method }: Sent) => method === 'HEAD';

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
  answerBody(status, (body) => ({ ...body, code })),
];

/** Applies a fault to the requests of every operation. */
const everywhere = (fault: Fault) => ({ everywhere: fault });

export const http: Mutants = {
  getHealth: {
    'answers another status text': answerBody(200, () => ({ status: 'up' })),
    'shows its version': answerBody(200, (body) => ({ ...body, version: '1.0.0' })),
    'answers 204': answer(200, () => made(204)),
    'answers text': answer(200, ({ headers }) => ({
      headers: { ...headers, 'content-type': 'text/plain' },
      body: 'ok',
    })),
    'checks Authorization': when(
      (sent) => bearerOf(sent) !== '',
      async () => problem(401, 'invalid_access_token', 'Invalid access token'),
    ),
    "ignores the client's X-Request-Id": askHeaders(() => ({ 'x-request-id': undefined })),
    'accepts any X-Request-Id': answer(0, ({ headers }, { headers: sent }) => ({
      headers: {
        ...headers,
        ...(sent['x-request-id'] && { 'x-request-id': sent['x-request-id'] }),
      },
    })),
    'gives all requests the same id': answerHeaders(0, () => ({ 'x-request-id': 'request' })),
    'does not let pages read any header': everywhere(
      answerHeaders(0, () => ({
        'access-control-expose-headers': undefined,
      })),
    ),
    'does not let pages read ETag': everywhere(
      answerHeaders(0, (headers) => ({
        'access-control-expose-headers': `${headers['access-control-expose-headers']}`.replace(
          'ETag,',
          '',
        ),
      })),
    ),
  },
  getReadiness: {
    'answers 503 with a problem and no Retry-After': answer(200, () =>
      problem(503, 'unavailable', 'Later'),
    ),
    'answers an empty body': answer(200, () => ({ body: '' })),
  },
  getJwks: {
    'shows a key that signs nothing': answerBody(200, () => ({ keys: [OKP] })),
    'shows the private half': answerBody(200, () => ({ keys: [{ ...OKP, d: 'a' }] })),
    'shows the secret': answerBody(200, () => ({ keys: [{ kty: 'oct', k: 'a', alg: 'HS256' }] })),
    'answers the bare list': answer(200, () => ({ body: '[]' })),
  },
  getCurrentUser: {
    'does not support HEAD': everywhere(
      when(isHead, async () => problem(405, 'method_not_allowed', 'No')),
    ),
    'answers 204 to HEAD': everywhere(when(isHead, pretend(204))),
    'answers HEAD without Content-Type': everywhere(
      when(
        isHead,
        answerHeaders(200, () => ({ 'content-type': undefined })),
      ),
    ),
  },
  getTodo: {
    'answers HEAD without ETag': everywhere(
      when(
        isHead,
        answerHeaders(200, () => ({ etag: undefined })),
      ),
    ),
  },
  createTodo: {
    'gives 413 its old title': everywhere(
      answerBody(413, (body) => ({
        ...body,
        title: 'Payload Too Large',
      })),
    ),
    'accepts a body without a media type': everywhere(
      askHeaders((headers) => ({
        'content-type': headers['content-type'] ?? 'application/json',
      })),
    ),
  },
  'what the contract does not have': {
    'checks the token before the path': when(
      ({ path, headers }) => path === '/nowhere' && headers['authorization'] === undefined,
      answer(404, () => required()),
    ),
    'answers unknown paths in HTML': when(
      ({ path }) => path === '/nowhere',
      async () => made(404, {}, { 'content-type': 'text/html' }),
    ),
    'accepts `/todos/`': ask(({ path }) => ({
      path: path === '/todos/' ? '/todos' : path,
    })),
    'accepts `/TODOS`': ask(({ path }) => ({
      path: path === '/TODOS' ? '/todos' : path,
    })),
    'answers every path': when(({ path }) => path === '/nowhere', pretend(200, {})),
  },
  'every operation': {
    ...Object.fromEntries(OTHER_CODES.map(withOtherCode)),
    'sends no X-Request-Id': answerHeaders(0, () => ({ 'x-request-id': undefined })),
    'sends no Cache-Control': answerHeaders(0, () => ({ 'cache-control': undefined })),
    'lets caches keep errors': answer(0, ({ status, headers }) => ({
      headers: status < 400 ? headers : { ...headers, 'cache-control': 'max-age=60' },
    })),
    'sends problems as application/json': answer(0, ({ status, headers }) => ({
      headers: status < 400 ? headers : { ...headers, 'content-type': 'application/json' },
    })),
    'writes in Latin-1': answerHeaders(0, (headers) => ({
      'content-type': headers['content-type'] && 'application/json; charset=iso-8859-1',
    })),
    'leaves `error` out of problems': answerBody(400, ({ error: _, ...body }) => body),
    'has another text in `error` than in `detail`': answerBody(400, (body) => ({
      ...body,
      error: 'Bad Request',
    })),
    'leaves `code` out of problems': answerBody(401, ({ code: _, ...body }) => body),
    'leaves `type` out of problems': answerBody(401, ({ type: _, ...body }) => body),
    'makes up a `code`': answerBody(401, (body) => ({ ...body, code: 'unauthorized' })),
    'has another status in the problem': answerBody(401, (body) => ({ ...body, status: 400 })),
    'shows a stack trace': answerBody(400, (body) => ({ ...body, stack: 'at' })),
    'puts a request id into every problem': answerBody(400, (body) => ({
      ...body,
      request_id: 'a',
    })),
    'answers 400 without errors': answerBody(400, ({ errors: _, ...body }) => body),
    'has a name instead of a pointer': answer(400, ({ body }) => ({
      body: body.replaceAll('"pointer":"/', '"pointer":"'),
    })),
    'answers 422 where the request is wrong': answerStatus(400, 422),
    'answers 500 where the JSON is wrong': when(
      ({ body }) => body === '{',
      async () => problem(500, 'internal_error', 'Unexpected end of JSON input'),
    ),
    'accepts unknown query parameters': askQuery(() => ({ bogus: undefined })),
    'answers 401 without a challenge': answerHeaders(401, () => ({
      'www-authenticate': undefined,
    })),
    'answers a missing token with invalid_token': when(
      ({ headers }) => headers['authorization'] === undefined,
      answer(401, ({ headers, body }) => ({
        headers: body.includes('authentication_required')
          ? { ...headers, 'www-authenticate': 'Bearer realm="todos", error="invalid_token"' }
          : headers,
      })),
    ),
    'answers an invalid token without invalid_token': answerHeaders(401, () => ({
      'www-authenticate': 'Bearer realm="todos"',
    })),
    'names another realm': answerHeaders(401, ({ 'www-authenticate': challenge }) => ({
      'www-authenticate': `${challenge}`.replace('todos', 'api'),
    })),
    'answers a missing token with another detail': answer(401, ({ body }) => ({
      body: body.replaceAll('Authentication required', 'Unauthorized'),
    })),
    'answers 200 to other methods': instead(405, 200),
    'answers 404 to another method': answer(405, () => problem(404, 'not_found', 'None')),
    'answers 405 without Allow': answerHeaders(405, () => ({ allow: undefined })),
    'leaves HEAD out of Allow': answerHeaders(405, ({ allow }) => ({
      allow: `${allow}`.replace('HEAD, ', '').replace(', HEAD', ''),
    })),
    'leaves DELETE out of Allow': answerHeaders(405, ({ allow }) => ({
      allow: `${allow}`.replace('DELETE, ', '').replace(', DELETE', ''),
    })),
    'checks the query before the token': when(
      ({ method, path, headers }) =>
        method !== 'OPTIONS' && isSpoiled(path) && headers['authorization'] === undefined,
      answer(401, () => problem(400, 'invalid_request', 'No')),
    ),
    'checks the JSON before the token': when(
      ({ body, headers }) => body === '{' && headers['authorization'] === undefined,
      answer(401, () => problem(400, 'invalid_request', 'No')),
    ),
    'checks the query before the media type': answer(415, (_, { path }) =>
      isSpoiled(path) ? problem(400, 'invalid_request', 'No') : {},
    ),
    'checks Accept before the query': answer(400, (_, { headers }) =>
      headers['accept'] === 'text/html' ? problem(406, 'not_acceptable', 'No') : {},
    ),
    'checks the query before the method': answer(405, (_, { path }) =>
      isSpoiled(path) ? problem(400, 'invalid_request', 'No') : {},
    ),
    'checks the token before the method': when(
      ({ headers }) => headers['authorization'] === undefined,
      answer(405, () => required()),
    ),
    'answers 200 to OPTIONS': when(isPreflight, answerStatus(204, 200)),
    'answers OPTIONS without Allow': when(
      isPreflight,
      answerHeaders(204, () => ({ allow: undefined })),
    ),
    'ignores Accept': askHeaders(() => ({ accept: '*/*' })),
    'answers 400 to a body that is too large': answerStatus(413, 400),
    'accepts a body of any media type': askHeaders(({ 'content-type': type }) => ({
      'content-type': type === 'text/plain' ? 'application/json' : type,
    })),
    'answers 400 to another media type': answer(415, () => problem(400, 'invalid_request', 'No')),
    'does not support OPTIONS': when(isPreflight, async () =>
      problem(405, 'method_not_allowed', 'No'),
    ),
    'allows no origin': answerHeaders(0, () => ({ 'access-control-allow-origin': undefined })),
    'allows every origin': answer(0, ({ headers }, { headers: { origin } }) => ({
      headers: { ...headers, ...(origin && { 'access-control-allow-origin': origin }) },
    })),
    'does not let pages send DELETE': answerHeaders(0, (headers) => ({
      'access-control-allow-methods': `${headers['access-control-allow-methods']}`.replace(
        'DELETE',
        '',
      ),
    })),
    'does not let pages send Authorization': answerHeaders(0, () => ({
      'access-control-allow-headers': '*',
    })),
    'redirects a request without a token to a page': answer(401, (received) =>
      received.body.includes('authentication_required') ? made(302) : received,
    ),
    'has a type that is not a URI': answerBody(401, (body) => ({
      ...body,
      type: 'http://a b',
    })),
    'answers 429 without Retry-After': answer(401, () =>
      problem(429, 'too_many_requests', 'Later'),
    ),
  },
};
