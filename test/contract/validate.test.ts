// A difference from the contract is reported with the line that declares it.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { coverage, markSeen } from './coverage.ts';
import { Difference } from './difference.ts';
import { lineSaying, operationOf } from './document.ts';
import type { Exchange } from './exchange.ts';
import { validate } from './validate.ts';

const lines = readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8').split('\n');
const lineAt = (place: string) => lines[Number(place.split(':')[1]) - 1]?.trim() ?? '';

const TODO = {
  id: '019ab1d0-5c00-7000-8000-000000000001',
  title: 'Buy milk',
  description: '',
  done: false,
  created_at: '2026-11-23T08:00:00.000Z',
  updated_at: '2026-11-23T08:00:00.000Z',
};
const PROBLEM = {
  type: 'about:blank',
  title: 'Not Found',
  status: 404,
  detail: 'There is no such todo',
  code: 'not_found',
  error: 'There is no such todo',
};

interface Answer {
  status?: number;
  /** Undefined takes one away. */
  headers?: Record<string, string | undefined>;
  body?: unknown;
}

/** A good answer to getTodo, with these changes. */
function answered({ status = 200, headers, body = TODO }: Answer): Exchange {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  const good = { 'Content-Type': type, 'X-Request-Id': 'a', 'Cache-Control': 'no-store' };
  const sent = Object.entries({ ...good, ETag: '"1"', ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    operation: operationOf('getTodo'),
    template: '/todos/{todo_id}',
    request: { method: 'GET', url: 'http://localhost/todos/1', headers: new Headers(), body: '' },
    response: {
      status,
      headers: new Headers(sent),
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
  };
}

function differenceIn(exchange: Exchange): string {
  try {
    validate(exchange);
  } catch (error) {
    if (error instanceof Difference) return error.message;
    throw error;
  }
  return 'none';
}

test('an answer as the contract declares it is accepted', () => {
  expect(differenceIn(answered({}))).toBe('none');
  expect(differenceIn(answered({ status: 404, body: PROBLEM }))).toBe('none');
  const charset = { 'Content-Type': 'application/json; charset=utf-8' };
  expect(differenceIn(answered({ headers: charset }))).toBe('none');
  expect(differenceIn(answered({ status: 304, body: '' }))).toBe('none');
});

test.each<[string, Answer, string, string]>([
  ['an undeclared status', { status: 201 }, 'one of the statuses 200, 304, 400', '"200": '],
  [
    'another member',
    { body: { ...TODO, owner: 1 } },
    'additional properties: owner',
    'additionalProperties: false',
  ],
  [
    'another type',
    { body: { ...TODO, done: 0 } },
    'the body at /done must be boolean',
    'type: boolean',
  ],
  [
    'a day that never was',
    { body: { ...TODO, created_at: '2026-02-30T08:00:00Z' } },
    '"date-time"',
    'format: date-time',
  ],
  ['no JSON', { body: '{' }, 'JSON', 'application/json:'],
  [
    'another media type',
    { headers: { 'Content-Type': 'text/html' } },
    'Content-Type: application/json',
    'content:',
  ],
  [
    'another charset',
    { headers: { 'Content-Type': 'application/json; charset=latin1' } },
    'Content-Type',
    'content:',
  ],
  ['no ETag', { headers: { ETag: undefined } }, 'a header ETag', 'ETag:'],
  [
    'a weak ETag',
    { headers: { ETag: 'W/"1"' } },
    'ETag must match pattern',
    'schema: { type: string, pattern',
  ],
  [
    'a body where none is declared',
    { status: 304 },
    'no body',
    'description: The todo has not changed',
  ],
  [
    'another error',
    { status: 404, body: { ...PROBLEM, error: 'x' } },
    'error: "There is no such todo"',
    'error:',
  ],
  [
    'another status in a problem',
    { status: 404, body: { ...PROBLEM, status: 400 } },
    'status: 404',
    'status:',
  ],
  [
    'a code of another response',
    { status: 404, body: { ...PROBLEM, code: 'username_taken' } },
    'code: not_found',
    'examples:',
  ],
  [
    'a request id in a 404',
    { status: 404, body: { ...PROBLEM, request_id: 'a' } },
    'no request_id',
    'request_id:',
  ],
  [
    'no request id in a 500',
    { status: 500, body: { ...PROBLEM, status: 500 } },
    'request_id: "a"',
    'request_id:',
  ],
])('%s', (_, answer, what, line) => {
  const message = differenceIn(answered(answer));
  const [, expected = '', place = ''] = /^expected +(.*) {2}\((.*)\)$/m.exec(message) ?? [];
  expect(expected).toContain(what);
  expect(lineAt(place)).toContain(line);
});

test('a difference shows request, expectation and answer', () => {
  const message = differenceIn(answered({ body: { ...TODO, done: 0 } }));
  expect(message.split('\n').map((line) => line.slice(0, 50))).toEqual([
    'sent      GET http://localhost/todos/1',
    expect.stringMatching(/^expected {2}the body at \/done must be boolean {2}\(/),
    'found     0',
    'received  200 OK',
    '          Cache-Control: no-store',
    '          Content-Type: application/json',
    '          Etag: "1"',
    '          X-Request-Id: a',
    expect.stringMatching(/^ {10}\{"id":"019ab1d0/),
  ]);
});

test('a sentence is found wherever the contract breaks its lines, and has to be there', () => {
  expect(lineAt(lineSaying('pages there may read `WWW-Authenticate`, `Retry-After`'))).toMatch(
    /pages/,
  );
  expect(() => lineSaying('This sentence is not there')).toThrow('openapi.yaml does not say');
});

test('a status that was not seen is listed with its line', () => {
  const unseen = () => coverage().missing.filter((one) => one.startsWith('getTodo 503'));
  const [status = ''] = unseen();
  expect(lineAt(/\((.*)\)/.exec(status)?.[1] ?? '')).toContain('"503":');
  expect(unseen()).toHaveLength(5); // three headers and a code
  const body = { ...PROBLEM, status: 503, code: 'unavailable' };
  markSeen(answered({ status: 503, headers: { 'Retry-After': '1' }, body }));
  expect(unseen()).toHaveLength(0);
  expect(coverage().table).toMatch(/^getTodo .* 4\/4$/m);
});
