// The command as users run it: a process of its own, with nothing but a URL.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { startService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startProxy } from './mutants/proxy.ts';
import { answer } from './mutants/words.ts';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const COMMAND = new URL('command.ts', import.meta.url).pathname;

function start(...args: string[]) {
  const child = spawn(process.execPath, [COMMAND, ...args]);
  const closed = once(child, 'close');
  const result = async () => {
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = await closed;
    return { code, output, errors };
  };
  return { child, result };
}

const contract = (...args: string[]) => start(...args).result();

/** Starts a server of another make on a free port. */
async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('two runs of the contract tests against the real service pass, and delete their users', async () => {
  await using service = await startService();
  const users = () => service.db.selectFrom('users').select('username').execute();
  const before = await users();
  const junit = folder.file('junit.xml');

  const first = await contract('--base-url', `${service.url}/`, '--junit', junit);
  expect(first.errors).toBe('');
  expect(first.output).not.toContain('✖');
  expect(first.output).toMatch(/^createTodo\n( {2}[✔–] .*\n)* {2}✔ 409 another request under/m);
  expect(first.output).toMatch(/^20 skipped: no origin was given/m);
  expect(first.output).toMatch(/^ {2}not seen: 500 of register, /m);
  expect(first.output).toMatch(/^\d{3} passed, 0 failed, \d+ skipped$/m);
  expect(first.code).toBe(0);
  const second = await contract('--base-url', service.url, '--only', 'auth');
  expect(second.code).toBe(0);

  expect(readFileSync(junit, 'utf8')).toMatch(/<testsuite name="login" .* failures="0"/);
  expect(await users()).toEqual(before);
}, 180_000);

describe('a service that differs', () => {
  const WITH_EXPIRY = answer.body(200, (body) =>
    'access_token' in body ? { expires_in: 900 } : {},
  );

  test('--bail: the report shows the difference, and the run ends there', async () => {
    await using service = await startService();
    await using broken = await startProxy(service.url, WITH_EXPIRY);
    const { code, output } = await contract('--base-url', broken.url, '--only', 'login', '--bail');
    expect(code).toBe(1);
    expect(output).toContain(`      sent      POST ${broken.url}/auth/login\n`);
    expect(output).toMatch(
      / expected .*additional properties: expires_in {2}\(openapi.yaml:\d+\)\n/,
    );
    expect(output).toMatch(/ received {2}200 OK\n/);
    expect(output).toMatch(/^\d passed, 1 failed, 0 skipped$/m);
    expect(output).not.toContain('createTodo');
  });

  test('one more member in the token pair: one cause for all checks that fail by it', async () => {
    await using service = await startService();
    await using broken = await startProxy(service.url, WITH_EXPIRY);
    const { code, output } = await contract('--base-url', broken.url, '--only', 'todos');
    expect(code).toBe(1);
    expect(output.match(/ expected /g)).toHaveLength(1);
    expect(output).toMatch(/^cause 1: \d{3} checks fail: the body must NOT have additional/m);
    expect(output.length).toBeLessThan(40_000);
  }, 60_000);

  test('registration is closed: the report says so', async () => {
    await using service = await startService({ REGISTRATION: 'false' });
    const { code, output } = await contract('--base-url', service.url, '--only', 'login', '--bail');
    expect(code).toBe(1);
    expect(output).toContain('Registration is closed there');
  });
});

describe('a server that is no service of the contract: one sentence and exit code 2', () => {
  test.each<[string, RequestListener]>([
    [
      'HTML for everything',
      (_, response) => response.setHeader('Content-Type', 'text/html').end('<h1>Hello</h1>'),
    ],
    ['500 for everything', (_, response) => response.writeHead(500).end('{}')],
    [
      'another API',
      (_, response) =>
        response
          .writeHead(404, { 'Content-Type': 'application/json' })
          .end('{"message":"no such route"}'),
    ],
  ])('%s', async (_, listener) => {
    await using server = await serve(listener);
    const { code, output, errors } = await contract('--base-url', server.url);
    expect(code).toBe(2);
    expect(output).toBe('');
    expect(errors).toMatch(/^\S+ is no service of openapi.yaml: GET \S+ is answered with .*\.\n$/);
  });
});

describe('a run that ends early', () => {
  test('a signal: a summary, and no user is left behind', async () => {
    await using service = await startService();
    const before = await service.db.selectFrom('users').select('id').execute();
    const { child, result } = start('--base-url', service.url);
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { code, output } = await result();
    expect(code).toBe(2);
    expect(output).toContain('The run ended early: SIGINT.');
    expect(output).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/m);
    expect(await service.db.selectFrom('users').select('id').execute()).toEqual(before);
  }, 60_000);

  test('a server that stops: three requests without an answer are enough', async () => {
    await using service = await startService();
    let count = 0;
    await using server = await startProxy(service.url, async (sent, forward) => {
      count += 1;
      if (count > 60) throw new Error('gone');
      return forward(sent);
    });
    const { code, output } = await contract('--base-url', server.url);
    expect(code).toBe(2);
    expect(output).toContain('The run ended early: 3 requests in a row had no answer.');
    expect(output).toMatch(/^These users could not be deleted: contract-/m);
  }, 60_000);
});

describe('an option that is wrong: a sentence and exit code 2', () => {
  test.each([
    [['--base-url', 'http://127.0.0.1:1'], 'Nothing answers at http://127.0.0.1:1: '],
    [['--base-url', 'localhost'], '--base-url must be a URL with http or https, not "localhost"'],
    [['--origin', 'localhost'], '--origin must be a URL with http or https, not "localhost"'],
    [
      ['--only', 'everything'],
      '--only: there is no tag and no operation "everything". The tags are auth, todos, system.',
    ],
    [['--body-limit', 'large'], '--body-limit must be a number of bytes, not "large"'],
    [['--junit', '/nowhere/junit.xml'], '--junit: ENOENT: no such file or directory'],
    [['--spec', '/nowhere.yaml'], '--spec /nowhere.yaml: ENOENT: no such file or directory'],
    [['--spec', COMMAND], 'no OpenAPI 3 document'],
    [['--bogus'], "Unknown option '--bogus'"],
  ])('%s', async (args, message) => {
    const { code, output, errors } = await contract(...args);
    expect(code).toBe(2);
    expect(output).toBe('');
    expect(errors).toContain(message);
    expect(errors).not.toMatch(/^ +at /m);
  });
});

describe('another contract (--spec)', () => {
  const spec = folder.file('lists.yaml');
  writeFileSync(
    spec,
    `openapi: 3.1.0
info: { title: Lists, version: 1.0.0 }
paths:
  /lists:
    get:
      operationId: listLists
      parameters:
        - { name: size, in: query, schema: { type: integer, minimum: 1, maximum: 5 } }
      responses:
        "200": { description: All., content: { application/json: { schema: { type: array } } } }
        "400": { description: Bad. }
    post:
      operationId: createList
      security: [{ key: [] }]
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { "201": { description: Created. } }
components:
  securitySchemes: { key: { type: http, scheme: bearer } }
`,
  );

  const lists =
    (maximum: number): RequestListener =>
    ({ url = '' }, response) => {
      const size = Number(new URL(url, 'http://localhost').searchParams.get('size') ?? 1);
      const isGood = Number.isInteger(size) && size >= 1 && size <= maximum;
      const headers = isGood ? { 'Content-Type': 'application/json' } : {};
      response.writeHead(isGood ? 200 : 400, headers).end(isGood ? '[]' : undefined);
    };

  test('a service that keeps it: what can be checked is, and the rest has a reason', async () => {
    await using server = await serve(lists(5));
    const { code, output } = await contract('--base-url', server.url, '--spec', spec);
    expect(output).toMatch(/✔ accepted: size of 5\n/);
    expect(output).toMatch(/✔ 400 size greater than 5\n/);
    expect(output).toMatch(/^\d+ skipped: it needs an access token \(--token TOKEN\)$/m);
    expect(output).toMatch(/^\d+ skipped: the operation declares no 405$/m);
    expect(code).toBe(0);
  });

  test('a service that breaks it: the line of the condition', async () => {
    await using server = await serve(lists(6));
    const { code, output } = await contract('--base-url', server.url, '--spec', spec);
    expect(output).toMatch(/expected {2}400 for size greater than 5 {2}\(lists.yaml:8\)\n/);
    expect(code).toBe(1);
  });
});

test('--help: every option', async () => {
  const { code, output } = await contract('--help');
  expect(code).toBe(0);
  for (const option of ['base-url', 'only', 'spec', 'token', 'origin', 'body-limit', 'junit']) {
    expect(output).toContain(`--${option} `);
  }
});

test('--list: the checks of an operation, without a service', async () => {
  const { code, output } = await contract('--list', '--only', 'createTodo');
  expect(code).toBe(0);
  expect(output).toMatch(/^createTodo\n/m);
  expect(output).toContain('  400 /title longer than 200 characters\n');
});
