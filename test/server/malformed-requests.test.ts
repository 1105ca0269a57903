// Whatever is sent: no HTML, no empty 4xx, no exception's text, no reset, and the next one is served.
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { startSignedInService } from '../http/setup.ts';
import { type ExpectedProblem, expectProblem, NOT_FOUND } from '../support/problem.ts';
import {
  answerTo,
  type ExchangeOptions,
  exchange,
  loginRequest,
  openSocket,
  type RawAnswer,
} from '../support/raw-connection.ts';
import { startService } from '../support/service.ts';
import { DEMO, signIn } from '../support/users.ts';
import { CLOSE, startServer } from './setup.ts';

const { service, token, sendSignedIn } = await startSignedInService();

type Bytes = string | Uint8Array;

const HOST = 'Host: localhost\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const AUTHORIZATION = `Authorization: Bearer ${token}\r\n`;
const CONNECT = `CONNECT example.com:443 HTTP/1.1\r\n${HOST}\r\n`;

const ask = (bytes: Bytes | Bytes[], options?: ExchangeOptions) =>
  answerTo(service.url, bytes, options);

function get(target: string, headers = '', version = '1.1'): string {
  return `GET ${target} HTTP/${version}\r\n${HOST}${CLOSE}${headers}\r\n`;
}

/** A todo that is posted with these headers besides the usual ones, up to its body. */
function post(headers: string): string {
  return `POST /todos HTTP/1.1\r\n${HOST}${CLOSE}${AUTHORIZATION}${JSON_TYPE}${headers}\r\n`;
}

function postOf(body: Uint8Array, headers = ''): Bytes[] {
  return [post(`Content-Length: ${body.length}\r\n${headers}`), body];
}

async function expectRefusal(answer: RawAnswer | undefined, expected: ExpectedProblem) {
  if (!answer) throw new Error('no answer');
  await expectProblem(answer, expected);
  expect(answer.reason).toBe(JSON.parse(answer.text).title);
  expect(answer.headers.get('Connection')).toBe('close');
}

const NOT_HTTP: ExpectedProblem = {
  code: 'invalid_request',
  detail: 'The request is not well-formed HTTP',
};
const HEADERS_TOO_LARGE: ExpectedProblem = {
  code: 'headers_too_large',
  detail: 'The request headers are too large',
};
const UNKNOWN_METHOD: ExpectedProblem = {
  code: 'method_not_implemented',
  detail: 'The method is unknown',
};
const NO_PROXY: ExpectedProblem = {
  code: 'method_not_implemented',
  detail: 'The service is no proxy',
};
const CHUNKS_TOO_LARGE: ExpectedProblem = {
  code: 'content_too_large',
  detail: 'The chunk extensions are too large',
};
const UNKNOWN_EXPECTATION: ExpectedProblem = {
  code: 'expectation_failed',
  detail: 'Only Expect: 100-continue is understood',
};
const TIMEOUT: ExpectedProblem = {
  code: 'request_timeout',
  detail: 'The request took too long to arrive',
};

afterEach(async () => {
  expect(service.log.filter((line) => JSON.parse(line).level > 30)).toEqual([]);
  expect((await sendSignedIn({ path: '/auth/me' })).status).toBe(200);
});

describe('malformed HTTP', () => {
  test.each<[string, Bytes | Bytes[], ExpectedProblem]>([
    ['an unknown method', `BREW /todos HTTP/1.1\r\n${HOST}\r\n`, UNKNOWN_METHOD],
    ['a method in lower case', `get /todos HTTP/1.1\r\n${HOST}\r\n`, UNKNOWN_METHOD],
    ['CONNECT', CONNECT, NO_PROXY],
    ['CONNECT and 10 MB', [CONNECT, 'a'.repeat(10e6)], NO_PROXY],
    ['the beginning of TLS', Buffer.from('16030100a5010000a10303', 'hex'), UNKNOWN_METHOD],
    ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', NOT_HTTP],
    ['an unknown version', get('/healthz', '', '1.9'), NOT_HTTP],
    ['no target', get(''), NOT_HTTP],
    ['a relative target', get('todos'), NOT_HTTP],
    ['a null character in the target', get('/todos/\0'), NOT_HTTP],
    ['no Host', `GET /healthz HTTP/1.1\r\n${CLOSE}\r\n`, NOT_HTTP],
    ['two Hosts', get('/healthz', 'Host: other\r\n'), NOT_HTTP],
    ['a header without a colon', get('/healthz', 'nonsense\r\n'), NOT_HTTP],
    ['a header with a control character', get('/healthz', 'X: a\x01b\r\n'), NOT_HTTP],
    ['a folded header', get('/healthz', 'X: a\r\n b\r\n'), NOT_HTTP],
    ['lines without carriage returns', 'GET /healthz HTTP/1.1\nHost: x\n\n', NOT_HTTP],
    ['two lengths', `${post('Content-Length: 2\r\nContent-Length: 3\r\n')}{}`, NOT_HTTP],
    ['a length and chunks', `${post(`Content-Length: 2\r\n${CHUNKED}`)}0\r\n\r\n`, NOT_HTTP],
    ['a negative length', post('Content-Length: -1\r\n'), NOT_HTTP],
    ['a length of 30 digits', post(`Content-Length: ${'9'.repeat(30)}\r\n`), NOT_HTTP],
    ['an unknown transfer coding', `${post('Transfer-Encoding: foo\r\n')}{}`, NOT_HTTP],
    ['a chunk without a length', `${post(CHUNKED)}zz\r\n{}\r\n0\r\n\r\n`, NOT_HTTP],
    ['a later chunk without a length', `${post(CHUNKED)}2\r\n{"\r\nzz\r\n`, NOT_HTTP],
    ['a very long URL', get(`/todos?q=${'a'.repeat(20_000)}`), HEADERS_TOO_LARGE],
    ['10 MB in one header', get('/', `X: ${'a'.repeat(10e6)}\r\n`), HEADERS_TOO_LARGE],
    ['10 MB of headers', get('/', 'X: a\r\n'.repeat(1.7e6)), HEADERS_TOO_LARGE],
    ['101 headers', get('/healthz', 'X: a\r\n'.repeat(99)), HEADERS_TOO_LARGE],
    ['many trailers', chunkWith({ trailers: 'a: b\r\n'.repeat(10_000) }), HEADERS_TOO_LARGE],
    [
      'a long chunk extension',
      chunkWith({ extension: `;${'a'.repeat(40_000)}` }),
      CHUNKS_TOO_LARGE,
    ],
    [
      'an unknown expectation',
      postOf(Buffer.from('{}'), 'Expect: wonders\r\n'),
      UNKNOWN_EXPECTATION,
    ],
  ])('%s is answered with a problem', async (_, bytes, expected) => {
    await expectRefusal(await ask(bytes), expected);
  });

  function chunkWith({ extension = '', trailers = '' }): string {
    return `${post(CHUNKED)}2${extension}\r\n{}\r\n0\r\n${trailers}\r\n`;
  }

  test('100 headers are accepted', async () => {
    expect((await ask(get('/healthz', 'X: a\r\n'.repeat(98)))).status).toBe(200);
  });

  test.each([
    ['in its headers', 'POST /todos HTTP/1.1\r\nHos', [200]],
    ['in its body', `${post('Content-Length: 13\r\n')}{"tit`, [200, 400]],
    ['in a chunk', `${post(CHUNKED)}5\r\n{"`, [200, 400]],
  ])(
    'that ends %s is answered with 400, and logged so once it has a head',
    async (_, bytes, all) => {
      service.log.length = 0;
      await expectRefusal(await ask(bytes, { hangUp: true }), NOT_HTTP);
      await sendSignedIn({ path: '/healthz' });
      const logged = () => service.log.map((line) => JSON.parse(line).status).toSorted();
      await expect.poll(logged, { interval: 2 }).toEqual(all);
    },
  );

  test('of no bytes gets no response', async () => {
    expect(await exchange(service.url, '', { hangUp: true })).toEqual([]);
  });
});

test('a request that stalls at any place is answered with 408', async () => {
  const limit = 50; // it may pass before anything has arrived, with the same response
  const limits = { headersTimeout: limit, requestTimeout: limit, connectionsCheckingInterval: 5 };
  await using hasty = await startService({}, { limits });
  const head = `POST /auth/login HTTP/1.1\r\n${HOST}`;
  const places = [
    'G',
    head,
    `${head}${JSON_TYPE}Content-Length: 9\r\n\r\n{"u`,
    `${head}${JSON_TYPE}Content-Length: 99999999\r\n\r\n`,
  ];
  for (const answer of await Promise.all(places.map((bytes) => answerTo(hasty.url, bytes)))) {
    await expectRefusal(answer, TIMEOUT);
  }
});

describe('pipelined responses', () => {
  test('are sent in the order of the requests', async () => {
    const bytes = [
      loginRequest(DEMO),
      `HEAD /healthz HTTP/1.1\r\n${HOST}\r\n`,
      `GET /nowhere HTTP/1.1\r\n${HOST}\r\n`,
      get('/todos'),
    ];
    const answers = await exchange(service.url, bytes.join(''), { methods: ['POST', 'HEAD'] });
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 401]);
  });

  test.each([
    ['no HTTP', 'NONSENSE\r\n\r\n', UNKNOWN_METHOD],
    ['CONNECT', CONNECT, NO_PROXY],
    ['10 MB of it', `GET / HTTP/1.1\r\nX: ${'a'.repeat(10e6)}`, HEADERS_TOO_LARGE],
  ])('to a valid request followed by %s are sent in order', async (_, bytes, expected) => {
    const [first, second, ...more] = await exchange(service.url, loginRequest(DEMO) + bytes);
    expect(first?.status).toBe(200);
    expect(Object.keys(JSON.parse(first?.text ?? ''))).toEqual(['access_token', 'refresh_token']);
    await expectRefusal(second, expected);
    expect(more).toEqual([]);
  });

  test('end with the one that closes the connection', async () => {
    expect((await ask(`${get('/healthz')}NONSENSE\r\n\r\n`)).status).toBe(200);
  });
});

test('a request that becomes malformed while it is answered gets no second response', async () => {
  await using server = await startServer((_request, response) => response.write('half of it'));
  const socket = openSocket(server.url);
  let received = '';
  socket.on('data', (chunk) => {
    if (received === '') socket.write('zz\r\n');
    received += chunk;
  });
  socket.write(`POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n`);
  await once(socket, 'close');
  expect(received).toMatch(/half of it\s*$/);
});

test('a client that resets the connection before a CONNECT is answered does not crash the server', async () => {
  const asked = Promise.withResolvers<void>();
  await using server = await startServer(() => asked.resolve()); // the first request is never answered
  const socket = openSocket(server.url);
  socket.write(`GET / HTTP/1.1\r\n${HOST}\r\n${CONNECT}`);
  await asked.promise;
  socket.resetAndDestroy();
  await expect.poll(() => server.connections[0]?.closed, { interval: 2 }).toBe(true);
});

test('a request with two Host headers is rejected before it is logged', async () => {
  service.log.length = 0;
  await ask(get('/healthz', 'Host: other\r\nX-Request-Id: other\r\n'));
  await sendSignedIn({ path: '/healthz' });
  await expect.poll(() => service.log, { interval: 2 }).toHaveLength(1);
  expect(service.log.join('')).not.toContain('other');
});

describe('a request target', () => {
  test.each([
    'http://localhost/todos',
    'HTTPS://elsewhere.example:1234/todos?limit=1',
    'http://[/todos',
  ])('that is an absolute URL is handled by its path: %s', async (target) => {
    expect((await ask(get(target, AUTHORIZATION))).status).toBe(200);
  });

  const unknownTargets = [
    '*',
    'http://localhost',
    'http://localhost?limit=1',
    '//',
    '//localhost:99999/todos',
    '/\\todos',
    '/todos#fragment',
    '/docs/../../package.json',
    `/${'a'.repeat(15_000)}`,
  ];
  test.each(unknownTargets.map((target) => [target.slice(0, 40), target]))(
    '%s is answered with 404',
    async (_, target = '') => {
      const answer = await ask(get(target, AUTHORIZATION));
      await expectProblem(answer, NOT_FOUND);
    },
  );

  test('of `*` with OPTIONS is answered with 404', async () => {
    const answer = await ask(`OPTIONS * HTTP/1.1\r\n${HOST}${CLOSE}\r\n`);
    await expectProblem(answer, NOT_FOUND);
  });
});

describe('duplicate headers:', () => {
  test('the first Authorization counts', async () => {
    const twice = `${AUTHORIZATION}Authorization: Bearer other\r\n`;
    expect((await ask(get('/todos', twice))).status).toBe(200);
    const answer = await ask(get('/todos', `Authorization: Bearer other\r\n${AUTHORIZATION}`));
    expect(answer.status).toBe(401);
  });

  test('the first Content-Type counts', async () => {
    const twice = postOf(Buffer.from('{"title":"x"}'), 'Content-Type: text/plain\r\n');
    expect((await ask(twice)).status).toBe(201);
  });

  test('two Refresh-Token headers are answered with 401, two Idempotency-Keys with 400', async () => {
    const refresh = (headers: string) =>
      ask(`POST /auth/refresh HTTP/1.1\r\n${HOST}${CLOSE}${headers}\r\n`);
    expect((await refresh('Refresh-Token: a\r\nRefresh-Token: b\r\n')).status).toBe(401);
    const keys = 'Idempotency-Key: a\r\nIdempotency-Key: b\r\n';
    expect((await refresh(`Refresh-Token: a\r\n${keys}`)).status).toBe(400);
  });
});

describe('a body', () => {
  const TITLE = '{"title":"gzip"}';

  test('in gzip is read', async () => {
    const answer = await ask(postOf(gzipSync(TITLE), 'Content-Encoding: gzip\r\n'));
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text).title).toBe('gzip');
  });

  test('that exceeds the limit only after gzip is answered with 413', async () => {
    const bomb = gzipSync(Buffer.alloc(5e6, ' '));
    expect((await ask(postOf(bomb, 'Content-Encoding: gzip\r\n'))).status).toBe(413);
  });

  test.each([
    ['is none', Buffer.from('nonsense')],
    ['is cut off', gzipSync(TITLE).subarray(0, 20)],
  ])('whose gzip %s is answered with 400', async (_, body) => {
    const answer = await ask(postOf(body, 'Content-Encoding: gzip\r\n'));
    await expectProblem(answer, { code: 'invalid_request', detail: 'The request is malformed' });
  });

  test.each(['gzip', 'snappy'])('of no bytes is none, also in %s', async (coding) => {
    const head = `POST /auth/refresh HTTP/1.1\r\n${HOST}${CLOSE}Refresh-Token: a\r\n`;
    const answer = await ask(`${head}Content-Length: 0\r\nContent-Encoding: ${coding}\r\n\r\n`);
    expect(answer.status).toBe(401); // for its token
  });

  test('may begin with a byte order mark', async () => {
    const answer = await ask(postOf(Buffer.from('\ufeff{"title":"mark"}')));
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text).title).toBe('mark');
  });

  test('in chunks is read, and above the limit is answered with 413', async () => {
    const chunks = '8\r\n{"title"\r\n5\r\n:"x"}\r\n0\r\n\r\n';
    expect((await ask(post(CHUNKED) + chunks)).status).toBe(201);
    const large = `11170\r\n${'x'.repeat(70_000)}\r\n0\r\n\r\n`;
    expect((await ask(post(CHUNKED) + large)).status).toBe(413);
  });

  test('in chunks without a byte counts as none, whatever its type', async () => {
    const { refresh_token } = await signIn(service);
    const head = `POST /auth/refresh HTTP/1.1\r\n${HOST}${CLOSE}${CHUNKED}`;
    const answer = await ask(`${head}Refresh-Token: ${refresh_token}\r\n\r\n0\r\n\r\n`);
    expect(answer.status).toBe(200);
  });

  test('of GET and DELETE is ignored', async () => {
    const bytes = `${HOST}${CLOSE}${AUTHORIZATION}${JSON_TYPE}Content-Length: 9\r\n\r\nnot json!`;
    expect((await ask(`GET /todos HTTP/1.1\r\n${bytes}`)).status).toBe(200);
    expect((await ask(`DELETE /todos?done=true HTTP/1.1\r\n${bytes}`)).status).toBe(204);
  });

  test('with Expect gets 100 Continue', async () => {
    const bytes = postOf(Buffer.from('{"title":"x"}'), 'Expect: 100-continue\r\n');
    const statuses = (await exchange(service.url, bytes)).map(({ status }) => status);
    expect(statuses).toEqual([100, 201]);
  });
});

describe('other versions and protocols:', () => {
  test('HTTP/1.0 needs no Host', async () => {
    expect((await ask('GET /healthz HTTP/1.0\r\n\r\n')).text).toBe('{"status":"ok"}');
  });

  test.each([
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n',
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
  ])('an upgrade is ignored (%j)', async (headers) => {
    expect((await ask(get('/healthz', headers))).text).toBe('{"status":"ok"}');
  });
});

test('every public path answers every method with a problem document or a page', async () => {
  const paths = ['/', '/todos', '/auth/login', '/healthz', '/openapi.json', '/docs', '/metrics'];
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE'];
  for (const path of paths) {
    for (const method of methods) {
      const request = `${method} ${path} HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: 0\r\n\r\n`;
      const { status, headers, text } = await ask(request, { methods: [method] });
      if (status < 400) continue;
      expect(headers.get('Content-Type')).toBe('application/problem+json; charset=utf-8');
      expect(headers.get('X-Request-Id')).toBeTruthy();
      if (method !== 'HEAD') expect(JSON.parse(text).status).toBe(status);
      expect([400, 401, 404, 405]).toContain(status);
    }
  }
});
