// What a 400 says about a request that its schema, or JSON, rejects: each fault and its place.
import { describe, expect, test } from 'vitest';
import type { Schema } from '../../src/http/operation.ts';
import type { Sent } from '../support/http.ts';
import { expectProblem } from '../support/problem.ts';
import { startSignedInService } from './setup.ts';

const { sendSignedIn } = await startSignedInService();

const UNKNOWN = 'must NOT have additional properties';
const TOO_LONG = 'must NOT have more than 200 characters';
const NO_JSON = 'is not valid JSON in UTF-8';
const SURROGATE = 'has a lone surrogate (RFC 7493)';
const TWICE = 'has a member twice (RFC 7493)';
const NOT_BLANK = `must match pattern "^[^\\x00]*[^\\s\\x00][^\\x00]*$"`;

const post = (body: unknown): Sent => ({ method: 'POST', path: '/todos', body });
const bytes = (text: string, encoding: BufferEncoding) =>
  new Uint8Array(Buffer.from(text, encoding));

async function expectFault(request: Sent, fault: Schema<'InputError'>, detail: string) {
  await expectProblem(await sendSignedIn(request), {
    code: 'invalid_request',
    detail,
    errors: [fault],
  });
}

async function errorsOf(request: Sent): Promise<Schema<'InputError'>[]> {
  const response = await sendSignedIn(request);
  expect(response.status).toBe(400);
  return (await response.json()).errors;
}

describe('a body', () => {
  test.each<[string, unknown, string, string]>([
    ['without a member that it needs', {}, '/title', "must have required property 'title'"],
    ['with a member of another type', { title: 1 }, '/title', 'must be string'],
    ['with a long title', { title: 'x'.repeat(201) }, '/title', TOO_LONG],
    ['with a blank title', { title: ' \t' }, '/title', NOT_BLANK],
    ['with a null character', { title: 'a\0b' }, '/title', NOT_BLANK],
    ['with an unknown member', { title: 'x', extra: 1 }, '/extra', UNKNOWN],
    ['with a name to escape', { title: 'x', 'a/b~c~1': 1 }, '/a~1b~0c~01', UNKNOWN],
    ['with an empty name', { title: 'x', '': 1 }, '', UNKNOWN],
    ['with the member __proto__', '{"title":"x","__proto__":{}}', '/__proto__', UNKNOWN],
    ['with the member constructor', { title: 'x', constructor: {} }, '/constructor', UNKNOWN],
    ['that is null', 'null', '', 'must be object'],
    ['that is a number', '1', '', 'must be object'],
    ['that is a list', [], '', 'must be object'],
    ['of 32,000 lists in each other', nested(32_000), '', 'must be object'],
    ['with 10,000 lists in each other', `{"title":${nested(10_000)}}`, '/title', 'must be string'],
    ['with a lone surrogate', '{"title":"a\\ud800b"}', '', SURROGATE],
    ['with a lone surrogate as a name', '{"\\uDFFF":1}', '', SURROGATE],
    ['with a member twice', '{"title":"a","description":"\\"title\\":","title":"b"}', '', TWICE],
    ['with a member twice, once escaped', '{"title":"a","t\\u0069tle":"b"}', '', TWICE],
    ['with a member twice, further inside', '{"title":"a","x":{"y":1,"y":2}}', '', TWICE],
    ['that is no JSON', '{"title":', '', NO_JSON],
    ['that is blank', '  ', '', NO_JSON],
    ['with a raw null character', '{"title":"a\0b"}', '', NO_JSON],
    ['with a raw surrogate', bytes('{"title":"\xed\xa0\x80"}', 'latin1'), '', NO_JSON],
    ['that is no UTF-8', bytes('"\xff\xfe"', 'latin1'), '', NO_JSON],
    ['in UTF-16', bytes('{"title":"x"}', 'utf16le'), '', NO_JSON],
    ['of no bytes', '', '', 'is missing'],
    ['that is missing', undefined, '', 'is missing'],
  ])('%s is rejected', async (_, body, pointer, message) => {
    const detail = `${pointer || 'The body'}: ${message}`;
    await expectFault(post(body), { pointer, message }, detail);
  });

  test('with colons and quotation marks in its texts is accepted', async () => {
    const body = { title: 'a: "b": {"title":1}', description: '\\": \\\\' };
    expect((await sendSignedIn(post(body))).status).toBe(201);
  });

  test('with a misspelt member: both errors are reported, each with its place', async () => {
    expect(await errorsOf(post({ titel: 'x' }))).toEqual([
      { pointer: '/title', message: "must have required property 'title'" },
      { pointer: '/titel', message: UNKNOWN },
    ]);
  });

  test('with many errors: the first 20 are reported', async () => {
    const members = Array.from({ length: 100 }, (_, n) => [`x${n}`, n]);
    expect(await errorsOf(post(Object.fromEntries(members)))).toHaveLength(20);
  });

  test('with several errors in one member: one of them is reported', async () => {
    expect(await errorsOf(post({ title: `${'x'.repeat(300)}\0` }))).toHaveLength(1);
  });

  test('with a lone surrogate at any depth is rejected', async () => {
    const deep = `${'['.repeat(9000)}"\\uD800"${']'.repeat(9000)}`;
    const [error] = await errorsOf(post(deep));
    // A body that is nested too deeply for the parser is invalid JSON.
    expect([SURROGATE, NO_JSON]).toContain(error?.message);
  });

  test('with a null character in a name: escaped in the sentence, as it is in the pointer', async () => {
    const fault = { pointer: '/a\0', message: UNKNOWN };
    await expectFault(post({ title: 'x', 'a\0': 1 }), fault, `/a\ufffd: ${UNKNOWN}`);
  });

  test.each(['~', '🍏'])('a long pointer is not cut off within %s', async (character) => {
    const [error] = await errorsOf(post({ title: 'x', [`${'a'.repeat(998)}${character}`]: 1 }));
    expect(error?.pointer).toBe(`/${'a'.repeat(998)}`);
  });

  test('with a very long member name: the name is shortened', async () => {
    const response = await sendSignedIn(post({ title: 'x', ['k'.repeat(5000)]: 1 }));
    const { detail, errors } = await response.json();
    expect(response.status).toBe(400);
    expect([...detail].length).toBe(1000);
    expect(errors[0].pointer.length).toBeLessThanOrEqual(1000);
  });
});

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

const SORTS = 'created_at, -created_at, updated_at, -updated_at';

test.each([
  ['bogus=1', 'bogus', "Unknown query parameter 'bogus'"],
  ['a%00=1', 'a\ufffd', "Unknown query parameter 'a\ufffd'"],
  ['__proto__=1', '__proto__', "Unknown query parameter '__proto__'"],
  ['toString=1', 'toString', "Unknown query parameter 'toString'"],
  ['q=', 'q', "Empty value found for query parameter 'q'"],
  ['sort=title', 'sort', `must be equal to one of the allowed values: ${SORTS}`],
  ['limit=101', 'limit', 'must be <= 100'],
  ['limit=1&limit=2', 'limit', 'must be integer'],
  ...['ten', '0x10', '1e1', '020', '+5', '5.0', '%205', '٥'].map((limit) => [
    `limit=${limit}`, // an integer is written as in JSON
    'limit',
    'must be integer',
  ]),
])('the query %s is rejected', async (query, parameter, message) => {
  const detail = `${parameter}: ${message}`;
  await expectFault({ path: `/todos?${query}` }, { parameter, message }, detail);
});

const ID = '019ab1d0-5c00-7000-8000-000000000001';

test.each([
  ['is too short', '1', 'must NOT have fewer than 36 characters'],
  ['has a null character', `${ID.slice(1)}%00`, 'must match format "uuid"'],
])('an id in the path that %s is rejected', async (_, id, message) => {
  const detail = `todo_id: ${message}`;
  await expectFault({ path: `/todos/${id}` }, { parameter: 'todo_id', message }, detail);
});

test('a malformed header is rejected', async () => {
  const request = { path: `/todos/${ID}`, headers: { 'If-None-Match': 'abc' } };
  const message = 'must match pattern "^(\\*|(W/)?"[!#-~]*"([ \\t]*,[ \\t]*(W/)?"[!#-~]*")*)$"';
  await expectFault(request, { header: 'if-none-match', message }, `if-none-match: ${message}`);
});

test('a cursor that the service has not issued is rejected', async () => {
  const message = 'was not handed out for this list';
  const request = { path: '/todos?cursor=abc' };
  await expectFault(request, { parameter: 'cursor', message }, `cursor ${message}`);
});

test('a refresh without a token is rejected', async () => {
  const message = 'is needed, in the body or in the Refresh-Token header';
  const request = { method: 'POST', path: '/auth/refresh' };
  const fault = { pointer: '/refresh_token', message };
  await expectFault(request, fault, `The refresh token ${message}`);
});
