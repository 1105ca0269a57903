// What strangers write into headers makes nothing grow: express-openapi-validator compiles and keeps
// a validator for every text of `Content-Type` that reaches it.
import { createRequire } from 'node:module';
import { expect, test, vi } from 'vitest';
import { readContract } from '../support/http.ts';
import { exchange } from '../support/raw-connection.ts';
import { startSignedInService } from './setup.ts';

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
}

/** That request with each of these headers, on one connection; the statuses of the answers. */
async function statusesOf({ method, path, body }: Template, headers: string[]) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const requests = headers.map(
    (header, index) =>
      `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${header}\r\n` +
      `${index === headers.length - 1 ? 'Connection: close\r\n' : ''}` +
      `Content-Length: ${text.length}\r\n\r\n${text}`,
  );
  const methods = headers.map(() => method);
  const answers = await exchange(service.url, requests.join(''), { methods });
  return new Set(answers.map(({ status }) => status));
}

test('the first rejected request of an operation compiles validators, and later ones do not', async () => {
  addSchema.mockClear();
  await statusesOf({ method: 'GET', path: '/auth/me?x=1' }, ['Accept: */*']);
  expect(addSchema.mock.calls.length).toBeGreaterThan(0);
  addSchema.mockClear();
  await statusesOf({ method: 'GET', path: '/auth/me?x=1' }, ['Accept: */*']);
  expect(addSchema).not.toHaveBeenCalled();
});

const CREATE = { method: 'POST', path: '/todos', body: { title: 'x' } };
const LIST = { method: 'GET', path: '/todos' };
const DELETE = { method: 'DELETE', path: '/todos?done=true' };
const HEAD = { method: 'HEAD', path: '/healthz' };
const EMPTY_LOGIN = { method: 'POST', path: '/auth/login' };
const INVALID_LOGIN = { ...EMPTY_LOGIN, body: {} };
const JSON_TYPE = 'Content-Type: application/json';
const FORM = 'Content-Type: multipart/form-data';

test.each<[string, Template, (index: number) => string, number]>([
  ['parameter of JSON', INVALID_LOGIN, (n) => `${JSON_TYPE}; a${n}=${n}`, 400],
  ['parameter of JSON, in a valid request', CREATE, (n) => `${JSON_TYPE}; a=${n}`, 201],
  ['charset', INVALID_LOGIN, (n) => `${JSON_TYPE}; charset=x-${n}`, 415],
  ['boundary', INVALID_LOGIN, (n) => `${FORM}; boundary=${n}`, 415],
  ['Content-Type', INVALID_LOGIN, (n) => `Content-Type: application/x-${n}`, 415],
  ['Content-Type without a body', EMPTY_LOGIN, (n) => `Content-Type: application/x-${n}`, 400],
  ['Content-Type on GET', LIST, (n) => `Content-Type: text/x-${n}`, 200],
  ['Content-Type on DELETE', DELETE, (n) => `Content-Type: text/x-${n}`, 204],
  ['Content-Type on HEAD', HEAD, (n) => `Content-Type: text/x-${n}`, 200],
  ['Accept', LIST, (n) => `Accept: text/x-${n}, application/json;a=${n}, */*;q=0.${n + 1}`, 200],
  ['Accept that excludes JSON', LIST, (n) => `Accept: text/x-${n}`, 406],
])('no validator is compiled for a new value of %s', async (_, template, header, status) => {
  await statusesOf(template, [header(0)]); // now the operation has all that it needs once
  addSchema.mockClear();
  const headers = Array.from({ length: 16 }, (_, n) => header(n + 1)); // as many as may be pipelined
  expect(await statusesOf(template, headers)).toEqual(new Set([status]));
  expect(addSchema).not.toHaveBeenCalled();
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
