// What strangers write into headers makes nothing grow: express-openapi-validator compiles and keeps
// a validator for every text of `Content-Type` that reaches it.
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readContract } from '../support/http.ts';
import { exchange } from '../support/raw-connection.ts';
import { startSignedInService } from './setup.ts';

const TIMES = 2000;
const { service, token } = await startSignedInService();

// The validators of the package that http uses.
const fromValidator = createRequire(import.meta.resolve('express-openapi-validator'));
const Ajv: { prototype: { addSchema(...parameters: unknown[]): unknown } } =
  fromValidator('ajv/dist/core').default;
const addSchema = vi.spyOn(Ajv.prototype, 'addSchema');

interface Template {
  method: string;
  path: string;
  body?: unknown;
  isPublic?: boolean;
}

/** So many requests are sent at once on one connection; with more, some would be rejected. */
const AT_ONCE = 16;

/** That request with each of these headers; the statuses of the answers. */
async function statusesOf(template: Template, headers: string[]) {
  const statuses = new Set<number>();
  for (let first = 0; first < headers.length; first += AT_ONCE) {
    const some = await statusesOfSome(template, headers.slice(first, first + AT_ONCE));
    for (const status of some) statuses.add(status);
  }
  return statuses;
}

async function statusesOfSome({ method, path, body, isPublic }: Template, headers: string[]) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const authorization = isPublic ? '' : `Authorization: Bearer ${token}\r\n`;
  const requests = headers.map(
    (header, index) =>
      `${method} ${path} HTTP/1.1\r\nHost: x\r\n${authorization}${header}\r\n` +
      `${index === headers.length - 1 ? 'Connection: close\r\n' : ''}` +
      `Content-Length: ${text.length}\r\n\r\n${text}`,
  );
  const answers = await exchange(service.url, requests.join(''), {
    methods: headers.map(() => method),
  });
  return answers.map(({ status }) => status);
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

const newTodo = { method: 'POST', path: '/todos', body: { title: 'x' } };
const login = { method: 'POST', path: '/auth/login', isPublic: true };
const JSON_TEXT = 'Content-Type: application/json';

beforeAll(async () => {
  // Whatever an operation needs once is there before anything is counted.
  await statusesOf(newTodo, [JSON_TEXT]);
  await statusesOf({ ...login, body: {} }, [JSON_TEXT, 'Content-Type: text/plain']);
  await statusesOf({ method: 'GET', path: '/todos' }, ['Accept: */*']);
  await statusesOf({ method: 'DELETE', path: '/todos?done=true' }, ['Accept: */*']);
  await statusesOf({ method: 'HEAD', path: '/healthz' }, ['Accept: */*']);
  addSchema.mockClear();
});

afterAll(() => addSchema.mockRestore());

test('the first rejected request of an operation compiles validators, and later ones do not', async () => {
  await statusesOf({ method: 'GET', path: '/auth/me?x=1' }, ['Accept: */*']);
  expect(addSchema.mock.calls.length).toBeGreaterThan(0);
  addSchema.mockClear();
  await statusesOf({ method: 'GET', path: '/auth/me?x=1' }, ['Accept: */*']);
  expect(addSchema).not.toHaveBeenCalled();
});

describe(`no validator is compiled for any of ${TIMES} values of`, () => {
  test.each<[string, Template, (index: number) => string, number]>([
    [
      'Content-Type that are JSON, on the login',
      { ...login, body: {} },
      (index) => `Content-Type: application/json; a${index}=${index}`,
      400,
    ],
    [
      'Content-Type that are not, on the login',
      { ...login, body: {} },
      (index) => `Content-Type: application/x-${index}`,
      415,
    ],
  ])('%s', async (_, template, header, status) => {
    expect(await statusesOf(template, times(TIMES / 2, header))).toEqual(new Set([status]));
    expect(addSchema).not.toHaveBeenCalled();
  });
});

describe('no validator is compiled for a new value of', () => {
  const cases: [string, Template, (index: number) => string, number][] = [
    ['charset', { ...login, body: {} }, (i) => `${JSON_TEXT}; charset=x-${i}`, 415],
    [
      'boundary',
      { ...login, body: {} },
      (i) => `Content-Type: multipart/form-data; boundary=${i}`,
      415,
    ],
    ['Content-Type, in answers that are good', newTodo, (i) => `${JSON_TEXT}; a=${i}`, 201],
    ['Content-Type, without a body', { ...login }, (i) => `Content-Type: application/x-${i}`, 400],
    [
      'Content-Type, on GET',
      { method: 'GET', path: '/todos' },
      (i) => `Content-Type: text/x-${i}`,
      200,
    ],
    [
      'Content-Type, on DELETE',
      { method: 'DELETE', path: '/todos?done=true' },
      (i) => `Content-Type: text/x-${i}`,
      204,
    ],
    [
      'Content-Type, on HEAD',
      { method: 'HEAD', path: '/healthz' },
      (i) => `Content-Type: text/x-${i}`,
      200,
    ],
    [
      'Accept',
      { method: 'GET', path: '/todos' },
      (i) => `Accept: text/x-${i}, application/json;a=${i}, */*;q=0.${i + 1}`,
      200,
    ],
    [
      'Accept that excludes JSON',
      { method: 'GET', path: '/todos' },
      (i) => `Accept: text/x-${i}`,
      406,
    ],
  ];
  test.each(cases)('%s', async (_, template, header, status) => {
    expect(await statusesOf(template, times(20, header))).toEqual(new Set([status]));
    expect(addSchema).not.toHaveBeenCalled();
  });
});

test('a media type of the contract is accepted in any case and with any parameters', async () => {
  const types = Object.values(readContract().paths ?? {}).flatMap((item) =>
    Object.keys((item.patch?.requestBody as { content?: object } | undefined)?.content ?? {}),
  );
  expect(types).toEqual(['application/json', 'application/merge-patch+json']);
  const id = '019ab1d0-5c00-7000-8000-000000000001';
  const headers = types.flatMap((type) => [
    `Content-Type: ${type}`,
    `Content-Type: ${type.toUpperCase()} ;charset=UTF-8`,
    `Content-Type:${type};a=b; charset="utf-8"`,
  ]);
  const patch = { method: 'PATCH', path: `/todos/${id}`, body: {} };
  expect(await statusesOf(patch, headers)).toEqual(new Set([404]));
});
