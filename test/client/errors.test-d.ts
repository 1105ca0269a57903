// The codes of errors as types: each operation has its own.
import { expectTypeOf, test } from 'vitest';
import { createClient, isProblem, type Problem } from '../../src/client/index.ts';

const client = createClient({ baseUrl: 'http://localhost:8000' });

test('the type of error.code has the codes that the operation declares', async () => {
  const { error } = await client.POST('/auth/register', { body: { username: '', password: '' } });
  expectTypeOf(error?.code).toEqualTypeOf<
    | 'invalid_request'
    | 'registration_closed'
    | 'method_not_allowed'
    | 'not_acceptable'
    | 'username_taken'
    | 'content_too_large'
    | 'unsupported_media_type'
    | 'too_many_requests'
    | 'internal_error'
    | 'unavailable'
    | undefined
  >();
});

test('comparing error.code with a code of another operation does not compile', async () => {
  const { error } = await client.POST('/todos', { body: { title: '' } });
  if (error?.code === 'todo_limit_reached') expectTypeOf(error.detail).toBeString();
  // @ts-expect-error only register answers it
  if (error?.code === 'username_taken') throw error;
});

test('isProblem narrows any value to a problem, and to one code if it is given', () => {
  const value: unknown = undefined;
  if (isProblem(value)) expectTypeOf(value).toExtend<Problem>();
  if (isProblem(value, 'not_found')) expectTypeOf(value.code).toEqualTypeOf<'not_found'>();
  // @ts-expect-error the contract has no such code
  isProblem(value, 'no_such_code');
});
