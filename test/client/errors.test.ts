import { expect, test } from 'vitest';
import { isProblem, ProblemError } from '../../src/client/index.ts';

const notFound = { code: 'not_found', detail: 'There is no such todo' };

test.each([
  ['a problem', true, notFound],
  ['a text', false, 'Bad Gateway'],
  ['null', false, null],
  ['undefined', false, undefined],
  ['another object', false, { detail: 'of a gateway' }],
])('isProblem of %s is %s', (_, expected, value) => {
  expect(isProblem(value)).toBe(expected);
});

test('isProblem with a code is true for that code only', () => {
  expect(isProblem(notFound, 'not_found')).toBe(true);
  expect(isProblem(notFound, 'invalid_request')).toBe(false);
});

test('a ProblemError whose body is of a gateway has no problem', () => {
  const error = new ProblemError(new Response(null, { status: 502 }), { detail: 'of a gateway' });
  expect(error.problem).toBeUndefined();
  expect(error.message).toBe('The response was 502 without a problem');
});
