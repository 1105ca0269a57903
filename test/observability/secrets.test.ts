// Every secret there is, in every place that a client can put it, through every operation, with a
// database that works and with one that does not: no output of the service contains it.
import { writeFile } from 'node:fs/promises';
import { exportJWK, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { listOperations } from '../../src/http/openapi-document.ts';
import { ENGINE, FAULTS, freshDatabase } from '../support/database.ts';
import { readContract, type Sent, send } from '../support/http.ts';
import { startCollector } from '../support/otlp-collector.ts';
import { answerTo } from '../support/raw-connection.ts';
import { runToExit, startProcess } from '../support/service-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { signUp } from '../support/users.ts';

const operations = [...listOperations(readContract())].map(({ path, method }) => ({
  path: path.replace(/\{\w+\}/, '019ab1d0-5c00-7000-8000-000000000001'),
  method: method.toUpperCase(),
}));

/** Beside the contract's operations: what is no operation, and pages. */
const others = [
  { path: '/todos', method: 'PURGE' },
  { path: '/nowhere', method: 'POST' },
  { path: '/metrics', method: 'GET' },
  { path: '/docs', method: 'GET' },
  { path: '/openapi.yaml', method: 'GET' },
];

type Placement = Partial<Sent> & {
  /** The secret is a member's name, which the problem document repeats to its sender. */
  isName?: boolean;
};

/** What to add to a request so that the secret is in every place. */
function placements(secret: string, token: string): Placement[] {
  const credentials = { username: 'ada', password: secret };
  const headers = {
    'User-Agent': secret,
    Referer: `https://example.com/${secret}`,
    Origin: `https://example.com:${secret}`,
    Cookie: `session=${secret}`,
    'Accept-Language': secret,
    'X-Forwarded-For': secret,
    'X-Api-Key': secret,
    'If-Match': `"${secret}"`,
    'If-None-Match': `"${secret}"`,
    'Idempotency-Key': secret.slice(0, 255),
    traceparent: secret,
    baggage: `user=${secret}`,
  };
  const caller = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` };
  return [
    { token, headers },
    { token, headers: { ...caller, tracestate: `vendor=${secret.slice(0, 200)}` } },
    { headers: { ...headers, 'Refresh-Token': secret } },
    { token: secret },
    { headers: { Authorization: secret } },
    { headers: { Authorization: `Basic ${secret}` } },
    // Another text there is the client's own id of the request, which is there to be logged.
    ...(secret.length >= 64 ? [{ token, headers: { 'X-Request-Id': secret } }] : []),
    { token, headers: { Accept: secret } },
    { token, path: `?q=${secret}` },
    { token, path: `?cursor=${secret}&limit=${secret}&done=${secret}` },
    { token, path: `?${secret}=${secret}`, isName: true },
    { token, path: `/${secret}` },
    { token, path: `/%zz${secret}` },
    { token, headers: { 'Content-Type': secret }, body: '{}' },
    { token, body: { title: 'x', ...credentials, refresh_token: secret }, isName: true },
    { token, body: { current_password: secret, new_password: `${secret} too`.slice(-128) } },
    { token, body: { title: secret.slice(0, 200), description: secret } },
    { token, body: { ...credentials, [secret]: secret }, isName: true },
    { token, body: credentials },
    { token, body: { refresh_token: secret } },
    { token, body: [secret] },
    { token, body: secret },
    { token, body: `{"password":"${secret}"` },
    { token, body: `{"password":"${secret}","x":"${'x'.repeat(70_000)}"}` },
  ];
}

/** The part that must not occur: the end, which of a token is its signature. */
function trace(secret: string): string {
  return secret.slice(-16);
}

async function newKeys() {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const shared = Buffer.from(crypto.randomUUID()).toString('base64url');
  const { d = '', ...open } = await exportJWK(privateKey);
  const keys = [
    { ...open, d },
    { kty: 'oct', k: shared, kid: 'shared' },
  ];
  return { json: JSON.stringify({ keys }), secrets: [d, shared] };
}

test('no log, trace, metric or error contains a secret that a request or the configuration has', {
  timeout: 300_000,
}, async () => {
  using folder = temporaryFolder();
  await using database = await freshDatabase();
  await using collector = await startCollector();
  const keys = await newKeys();
  const file = folder.file('keys.json');
  await writeFile(file, keys.json);
  const apiKey = crypto.randomUUID();
  await using service = await startProcess(
    {
      NODE_OPTIONS: `--import=${new URL('../support/faulty-database.ts', import.meta.url)}`,
      ...(process.env['TEST_POSTGRES_URL'] && {
        TEST_POSTGRES_URL: process.env['TEST_POSTGRES_URL'],
      }),
      DATABASE_URL: database.url,
      JWT_KEYS: file,
      LOG_LEVEL: 'trace',
      TRUSTED_PROXIES: '127.0.0.1',
      LOGIN_FREE_FAILURES: '1000000',
      LOGIN_FREE_FAILURES_PER_ADDRESS: '1000000',
      REFRESH_FREE_FAILURES: '1000000',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${apiKey}`,
    },
    { folder },
  );

  const password = 'a-password-that-is-unique';
  let me = await signUp(service, 'myself', `${password}-but-me`);
  const victim = await signUp(service, 'victim', password);
  const spent = {
    method: 'POST',
    path: '/auth/refresh',
    body: { refresh_token: victim.refresh_token },
  };
  const next = await (await send(service, spent)).json();
  const presented = [
    password,
    victim.access_token,
    victim.refresh_token,
    String(next.refresh_token),
  ];
  const all = [...presented, me.access_token, me.refresh_token, ...keys.secrets, apiKey];
  const databasePassword = ENGINE === 'postgres' ? [new URL(database.url).password] : [];
  const traces = [...all.map(trace), ...databasePassword];

  const statuses = new Set<number>();
  const leaks: string[] = [];
  const look = (text: string, where: string) => {
    for (const secret of traces) if (text.includes(secret)) leaks.push(`${where}: ${secret}`);
  };
  const sendAll = async (secrets: string[]) => {
    let sent = 0;
    for (const { method, path } of [...operations, ...others]) {
      for (const secret of secrets) {
        for (const { isName = false, ...placed } of placements(secret, me.access_token)) {
          if (method === 'GET' && placed.body !== undefined) continue;
          const request = { ...placed, method, path: path + (placed.path ?? '') };
          const response = await send(service, request);
          const text = await response.text();
          sent += 1;
          statuses.add(response.status);
          if (response.status < 400) continue;
          look(JSON.stringify([...response.headers]), `${method} ${path}`);
          if (!isName) look(text, `${method} ${request.path} ${JSON.stringify(placed)}`);
        }
        // Some operations end the session that all of them need.
        const live = await send(service, { path: '/auth/me', token: me.access_token });
        if (live.status === 401) me = await signUp(service, 'myself', `${password}-but-me`);
      }
    }
    return sent;
  };

  let sent = await sendAll(presented);
  // The Link of a page repeats the search to the client that sent it.
  for (const title of [password, `${password} too`]) {
    await send(service, {
      method: 'POST',
      path: '/todos',
      token: me.access_token,
      body: { title },
    });
  }
  const page = { path: `/todos?q=${password}&limit=1`, token: me.access_token };
  expect((await send(service, page)).headers.get('Link')).toContain(password);
  const { url: place } = service;
  const head = `Host: ${new URL(place).host}\r\n`;
  for (const secret of presented) {
    for (const bytes of [
      `${secret}\r\n\r\n`,
      `GET /${secret} HTTP/9.9\r\n\r\n`,
      `${secret} / HTTP/1.1\r\n${head}\r\n`,
      `GET / HTTP/1.1\r\n${head}Host: ${secret}\r\n\r\n`,
      `GET / HTTP/1.1\r\n${head}Expect: ${secret}\r\n\r\n`,
      `GET / HTTP/1.1\r\n${head}X: ${secret}${'x'.repeat(20_000)}\r\n\r\n`,
      `GET / HTTP/1.1\r\n${head}${secret} : x\r\n\r\n`,
      `CONNECT ${secret}:443 HTTP/1.1\r\n${head}\r\n`,
      `POST /auth/login HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n${secret}\r\n`,
      `POST /auth/login HTTP/1.1\r\n${head}Content-Length: 1000\r\n\r\n{"password":"${secret}"`,
    ]) {
      const { status, headers, text } = await answerTo(service.url, bytes, { hangUp: true });
      expect(status).toBeGreaterThanOrEqual(400);
      look(JSON.stringify([...headers, text]), bytes);
    }
  }
  for (const fault of [FAULTS.bug, FAULTS.outages[0]]) {
    service.child.kill('SIGUSR2');
    await service.written(`database: ${fault}`);
    sent += await sendAll(presented.slice(0, 2));
  }
  service.child.kill('SIGUSR2');
  await service.written('database: works');
  const metrics = await (await send(service, { path: '/metrics' })).text();
  await writeFile(file, keys.json.slice(0, -20));
  service.child.kill('SIGHUP');
  await service.written('JWT_KEYS not taken');
  service.child.kill('SIGTERM');
  expect(await service.exited()).toBe(0);

  look(metrics, 'metrics');
  for (const line of service.output.text.split('\n')) look(line, line);
  for (const { body } of collector.requests) look(body.toString('latin1'), 'traces');
  expect(leaks).toEqual([]);

  // It was looked for in something.
  const expected = [200, 201, 204, 400, 401, 403, 404, 405, 406, 409, 413, 415, 500, 503];
  expect([...statuses].toSorted()).toEqual(expect.arrayContaining(expected));
  const lines = service.output.text.split('\n').filter((line) => line.includes('"msg":"request"'));
  expect(lines.length).toBeGreaterThan(sent);
  expect(service.output.text).toContain('the disk is on fire');
  expect(collector.spans().length).toBeGreaterThan(sent);
  expect(collector.requests[0]?.headers['x-api-key']).toBe(apiKey);
});

const SECRET = 'a-secret-of-the-operator';

test.each<[string, Record<string, string>, string]>([
  [
    'a database of another kind',
    { DATABASE_URL: `mysql://root:${SECRET}@db/todos` },
    'DATABASE_URL',
  ],
  [
    'a database that is not there',
    { DATABASE_URL: `postgres://todos:${SECRET}@127.0.0.1:9/todos`, JWT_SECRET: 's'.repeat(32) },
    'cannot be reached',
  ],
  ['a short secret', { JWT_SECRET: SECRET }, 'JWT_SECRET must have 32 bytes'],
  [
    'keys that are no JSON',
    { JWT_KEYS: `{"keys":[{"kty":"oct","k":"${SECRET}"` },
    'not valid JSON',
  ],
  [
    'a key that is too short',
    { JWT_KEYS: JSON.stringify({ keys: [{ kty: 'oct', k: SECRET }] }) },
    'an HS256 key has 32 bytes',
  ],
  [
    'a key that is none',
    { JWT_KEYS: JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', x: SECRET, d: SECRET }] }) },
    'key 1 of the JWK Set',
  ],
  [
    'a place for traces that is none',
    { OTEL_EXPORTER_OTLP_ENDPOINT: `tcp://todos:${SECRET}@collector` },
    'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL',
  ],
])('a start that fails for %s prints no secret', async (_what, variables, message) => {
  const { code, output } = await runToExit(variables);
  expect(code).toBe(1);
  expect(output).toContain(message);
  expect(output).not.toContain(SECRET);
});
