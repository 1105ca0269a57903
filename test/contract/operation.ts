// What is to be checked of every operation alike.
import { describe } from 'node:test';
import { brokenBodies } from './broken-bodies.ts';
import { describeCors } from './cors.ts';
import { type OperationId, operationOf, operations } from './document.ts';
import { check, fails, holds, isFaultOf, type Problem, refuses, succeeds } from './expect.ts';
import { goodRequest, raw } from './requests.ts';
import { target } from './target.ts';

/** The checks of an operation, those that every operation has among them. */
export function operation(id: OperationId, own: () => void): void {
  const { isPublic, requestBody, method } = operationOf(id);
  describe(id, () => {
    own();
    describeParameters(id);
    if (!isPublic) describeSecurity(id);
    describeMethods(id);
    describeAccept(id);
    if (requestBody) describeBody(id);
    if (method === 'GET') describeHead(id);
    describeCors(id, method);
  });
}

function describeParameters(id: OperationId): void {
  check(400, 'an unknown query parameter', async () => {
    const request = await goodRequest(id);
    const path = `${request.path}?bogus=1`;
    isFaultOf(await raw({ ...request, path }), { parameter: 'bogus' });
  });

  const [, parameter] = /\{(\w+)\}/.exec(operationOf(id).path) ?? [];
  if (parameter === undefined) return;
  check(400, `a ${parameter} that is no UUID`, async () => {
    const request = await goodRequest(id);
    const path = request.template.replace(`{${parameter}}`, '1');
    isFaultOf(await raw({ ...request, path }), { parameter });
  });
}

function describeSecurity(id: OperationId): void {
  check(401, 'no access token', async () => {
    const request = await goodRequest(id);
    const { Authorization: _, ...headers } = request.headers;
    refuses(await raw({ ...request, headers }), 'authentication_required');
  });

  check(401, 'an access token that is none', async () => {
    const request = await goodRequest(id);
    const headers = { ...request.headers, Authorization: 'Bearer nonsense' };
    refuses(await raw({ ...request, headers }), 'invalid_access_token');
  });
}

function describeMethods(id: OperationId): void {
  const { path } = operationOf(id);
  const known = operations.filter((one) => one.path === path).map(({ method }) => method);
  const other = ['PUT', 'POST', 'GET'].find((method) => !known.includes(method)) ?? 'PURGE';
  check(405, `${other}, and which methods there are`, async () => {
    const { body: _, ...request } = await goodRequest(id);
    const result = await raw({ ...request, method: other });
    fails(result, 405, 'method_not_allowed');
    const allowed = result.response.headers.get('Allow')?.split(/\s*,\s*/) ?? [];
    const expected = known.includes('GET') ? [...known, 'HEAD'] : known;
    const found = allowed.filter((method) => method !== 'OPTIONS');
    holds(result, 'The methods that this path has', found.sort(), expected.sort());
  });
}

function describeAccept(id: OperationId): void {
  check(406, 'an Accept that excludes JSON', async () => {
    const request = await goodRequest(id);
    const headers = { ...request.headers, Accept: 'text/html' };
    fails(await raw({ ...request, headers }), 406, 'not_acceptable');
  });
}

function describeBody(id: OperationId): void {
  check(400, 'a body that breaks its schema, and where', async () => {
    const request = await goodRequest(id);
    for (const { body, pointers } of await brokenBodies(id)) {
      const result = await raw({ ...request, body });
      const found = pointersOf(fails(result, 400, 'invalid_request'));
      const isNamed = found.some((pointer) => pointers.includes(pointer));
      holds(result, 'A JSON Pointer (RFC 6901) into the body', isNamed || found, true);
    }
  });

  check(413, 'a body that is one byte too large', async () => {
    const request = await goodRequest(id);
    const body = request.body?.padEnd(target.bodyLimit + 1);
    fails(await raw({ ...request, body }), 413, 'content_too_large');
  });

  check(415, 'a body of another media type', async () => {
    const request = await goodRequest(id);
    const headers = { ...request.headers, 'Content-Type': 'text/plain' };
    fails(await raw({ ...request, headers }), 415, 'unsupported_media_type');
  });
}

function pointersOf({ errors = [] }: Problem): string[] {
  return errors.flatMap(({ pointer }) => (pointer === undefined ? [] : [pointer]));
}

/** The headers that answers to `GET` and `HEAD` have in common. */
const SAME = ['Content-Type', 'Cache-Control', 'ETag', 'Link'];

function describeHead(id: OperationId): void {
  check(200, 'HEAD, with the headers of GET and no body', async () => {
    const request = await goodRequest(id);
    const [get, head] = [await raw(request), await raw({ ...request, method: 'HEAD' })];
    succeeds(head, 200);
    const headers = ({ response }: { response: Response }) =>
      SAME.map((name) => response.headers.get(name));
    holds(head, '`HEAD` works wherever `GET` does', headers(head), headers(get));
  });
}
