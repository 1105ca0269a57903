import { describe, expect, test, vi } from 'vitest';
import { createClientLookup } from '../../src/http/client-address.ts';
import {
  type ContractOptions,
  compileContract,
  type SecurityHandlers,
} from '../../src/http/contract.ts';
import {
  type ContractDocument,
  document,
  listOperations,
} from '../../src/http/openapi-document.ts';
import type { OperationHandlers } from '../../src/http/operation.ts';
import { createPipeline } from '../../src/http/pipeline.ts';
import { createAccessLog } from '../../src/observability/access-log.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createHttpServer, listen } from '../../src/server/http-server.ts';
import { send } from '../support/http.ts';

const ID = '019ab1d0-5c00-7000-8000-000000000001';
const TODO = {
  id: ID,
  title: 'a todo',
  description: '',
  done: false,
  created_at: '2026-11-23T08:00:00.000Z',
  updated_at: '2026-11-23T08:00:00.000Z',
};
const CREATED = { status: 201, headers: { Location: `/todos/${ID}`, ETag: '"1"' }, body: TODO };
const PRINCIPAL = { userId: ID, username: 'ada', sessionId: ID };

/** Handlers of all operations that are never called, but those given. */
function handlersWith(given: Record<string, unknown> = {}) {
  const operations = [...listOperations(document)];
  const handlers = operations.map(({ operation }) => [operation.operationId, vi.fn()]);
  // The tests are about tables that the type does not allow.
  return { ...Object.fromEntries(handlers), ...given } as unknown as OperationHandlers;
}

const security: SecurityHandlers = { bearerAuth: async () => ({ principal: PRINCIPAL }) };

function optionsWith(changes: Partial<ContractOptions> = {}): ContractOptions {
  return { document, handlers: handlersWith(), security, ...changes };
}

describe('compileContract fails when', () => {
  const edited = (edit: (document: ContractDocument) => void) => {
    const changed = structuredClone(document);
    edit(changed);
    return { document: changed };
  };
  const login = (document: ContractDocument) => document.paths?.['/auth/login']?.post;

  test.each<[string, Partial<ContractOptions>, string]>([
    [
      'a handler is only inherited',
      { handlers: Object.create(handlersWith()) },
      'login has no handler',
    ],
    [
      'an operation has no operationId',
      edited((document) => delete login(document)?.operationId),
      'post /auth/login has no operationId',
    ],
    [
      'two operations have one operationId',
      edited((document) => Object.assign(login(document) ?? {}, { operationId: 'logout' })),
      'two operations are called logout',
    ],
    [
      'a segment of a path is not one parameter',
      edited((document) => {
        document.paths = { '/{log-in}': document.paths?.['/auth/login'] ?? {} };
      }),
      '/{log-in} has a segment that is neither a text nor one parameter',
    ],
    [
      'a security scheme has no handler',
      { security: {} as SecurityHandlers },
      'security scheme bearerAuth has no handler',
    ],
    [
      'a security handler has no scheme',
      { security: { ...security, cookieAuth: security.bearerAuth } as SecurityHandlers },
      'the security handler cookieAuth has no scheme',
    ],
  ])('%s', (_, changes, fault) => {
    const start = () => compileContract(optionsWith(changes));
    expect(start).toThrow(`openapi.yaml and the handlers do not fit:\n`);
    expect(start).toThrow(fault);
  });

  test('operations have no handler and a handler has no operation, and names each of them', () => {
    const { login: _login, logout: _logout, ...rest } = handlersWith();
    const handlers = { ...rest, brew: vi.fn() } as unknown as OperationHandlers;
    expect(() => compileContract(optionsWith({ handlers }))).toThrow(
      'login has no handler\n  logout has no handler\n  the handler brew has no operation',
    );
  });

  test.each<[string, (document: ContractDocument) => void]>([
    ['is no OpenAPI', (document) => Object.assign(document, { info: 'nothing' })],
    ['is of another version', (document) => Object.assign(document, { openapi: '2.0' })],
    [
      'refers to nothing',
      (document) => {
        const responses = login(document)?.responses ?? {};
        responses['401'] = { $ref: '#/components/responses/Nothing' };
      },
    ],
  ])('the document %s', (_, edit) => {
    expect(() => compileContract(optionsWith(edited(edit)))).toThrow('openapi.yaml');
  });

  test('not for a document and handlers that match', () => {
    expect(compileContract(optionsWith()).map(({ id }) => id)).toContain('listTodos');
  });
});

const log: string[] = [];

/** Sends a request to a service whose `createTodo` answers that. */
async function answering(answer: () => unknown): Promise<Response> {
  log.length = 0;
  const logger = createLogger('info', { write: (line) => log.push(line) });
  const handlers = handlersWith({ createTodo: async () => answer() });
  const pipeline = createPipeline({
    operations: compileContract(optionsWith({ handlers })),
    pages: {},
    findQueue: () => undefined,
    findClient: createClientLookup([]),
    securityHeaders: () => [],
    isAllowedHost: () => true,
    bodyLimitBytes: 1000,
    isOutage: () => false,
    isClosing: () => false,
    report: (err, { requestId }) => logger.error({ err, request_id: requestId }, 'failed'),
    record: createAccessLog(logger),
  });
  const server = createHttpServer(pipeline, {});
  await using running = await listen(server, { host: '127.0.0.1', port: 0, shutdownTimeout: 0 });
  return await send(running, {
    method: 'POST',
    path: '/todos',
    token: 'abc',
    body: { title: 'x' },
  });
}

describe('a response of an operation', () => {
  test('that matches the contract is sent unchanged', async () => {
    const response = await answering(() => CREATED);
    expect(response.status).toBe(201);
    expect(response.headers.get('Location')).toBe(`/todos/${ID}`);
    expect(response.headers.get('ETag')).toBe('"1"');
    expect(response.headers.get('Cache-Control')).toBe('private, no-cache');
    expect(await response.json()).toEqual(TODO);
  });

  test('has no header that the operation did not return', async () => {
    const headers = { ...CREATED.headers, Link: undefined };
    const response = await answering(() => ({ ...CREATED, headers }));
    expect(response.status).toBe(201);
    expect(response.headers.get('Link')).toBeNull();
  });

  const SECRET = 'the password is hunter2';
  test.each<[string, object, RegExp]>([
    ['has a wrong member', { ...CREATED, body: { ...TODO, done: SECRET } }, /done must be boolean/],
    [
      'has a member too many',
      { ...CREATED, body: { ...TODO, hash: SECRET } },
      /NOT have additional/,
    ],
    ['lacks a member', { ...CREATED, body: { ...TODO, title: undefined } }, /property 'title'/],
    ['is no object', { ...CREATED, body: SECRET }, /must be object/],
    ['is null', { ...CREATED, body: null }, /must be object/],
    ['has no body', { ...CREATED, body: undefined }, /createTodo has answered 201 without a body/],
    ['has no Location', { ...CREATED, headers: { ETag: '"1"' } }, /201 without Location/],
    ['has no headers', { status: 201, body: TODO }, /201 without Location/],
    ['has an undeclared status', { ...CREATED, status: 200 }, /200 which is not declared/],
    ['has an undeclared status and no body', { status: 204 }, /204 which is not declared/],
    [
      'has a header that is none',
      { ...CREATED, headers: { Location: `/${SECRET}\n`, ETag: '"1"' } },
      /201 with a bad Location/,
    ],
    [
      'is a problem of a wrong form',
      { status: 409, body: { detail: SECRET } },
      /must have required/,
    ],
    ['is nothing', undefined as unknown as object, /undefined/],
  ])('that %s is a 500 without details, which the log has', async (_, broken, reason) => {
    const response = await answering(() => broken);
    const requestId = response.headers.get('X-Request-Id');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      detail: 'The service has failed to answer this request',
      code: 'internal_error',
      error: 'The service has failed to answer this request',
      request_id: requestId,
    });
    expect(response.status).toBe(500);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json; charset=utf-8');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    for (const name of ['Location', 'ETag', 'Link', 'Retry-After']) {
      expect(response.headers.get(name)).toBeNull();
    }
    const [failed, line] = log.map((text) => JSON.parse(text));
    expect(failed).toMatchObject({ level: 50, request_id: requestId, msg: 'failed' });
    expect(failed.err.message).toMatch(reason);
    expect(Object.keys(failed.err)).toEqual(['type', 'message', 'stack']);
    expect(line).toMatchObject({ level: 50, request_id: requestId, status: 500 });
    expect(log.join('')).not.toContain('hunter2');
  });

  test.each<[string, unknown]>([
    ['an error', new Error('hunter2')],
    ['an error of status 401', Object.assign(new Error('hunter2'), { status: 401 })],
    ['an error of status 404', Object.assign(new Error('hunter2'), { status: 404 })],
    ['an error whose status is a text', Object.assign(new Error('hunter2'), { status: '400' })],
    ['a text', 'hunter2'],
    ['nothing', undefined],
    ['null', null],
  ])('that throws %s is a 500 without details', async (_, thrown) => {
    const response = await answering(() => {
      throw thrown;
    });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
    expect(log).toHaveLength(2);
  });
});
