// The contract as types: what does not keep it does not compile.
import { describe, expectTypeOf, test } from 'vitest';
import type { SecurityHandlers } from '../../src/http/contract.ts';
import type {
  OperationHandler,
  OperationHandlers,
  OperationId,
  OperationRequest,
  OperationResponse,
  Principal,
  Schema,
} from '../../src/http/operation.ts';
import { problem, tooManyRequests, unavailable } from '../../src/http/problem.ts';

declare const handlers: OperationHandlers;
declare const todo: Schema<'Todo'>;
declare const user: Schema<'User'>;
declare const principal: Principal;

/** What one operation may answer, and how one is handled: to be compiled, never run. */
declare function answer<Id extends OperationId>(value: OperationResponse<Id>): void;
declare function handle<Id extends OperationId>(handler: OperationHandler<Id>): void;

const ETag = '"1"';
const Location = '/todos/1';

describe('a table of handlers', () => {
  const { login, ...withoutLogin } = handlers;

  test('must have a handler for every operation', () => {
    expectTypeOf({ ...withoutLogin, login }).toExtend<OperationHandlers>();
    // @ts-expect-error login is missing
    withoutLogin satisfies OperationHandlers;
    expectTypeOf<keyof OperationHandlers>().toEqualTypeOf<OperationId>();
  });

  test('must not have a handler for an unknown operation', () => {
    ({ login }) satisfies Partial<OperationHandlers>;
    // @ts-expect-error the contract has no operation brewCoffee
    ({ login, brewCoffee: login }) satisfies Partial<OperationHandlers>;
    // @ts-expect-error nor is there one of this spelling
    ({ Login: login }) satisfies Partial<OperationHandlers>;
  });

  test('rejects the handler of another operation', () => {
    // @ts-expect-error a login is no registration
    ({ register: login }) satisfies Partial<OperationHandlers>;
  });
});

describe('the type of a response', () => {
  test('accepts declared statuses only', () => {
    answer<'deleteTodo'>({ status: 204 });
    // @ts-expect-error deleteTodo does not declare 202
    answer<'deleteTodo'>({ status: 202 });
    // @ts-expect-error nor does it declare 418
    answer<'deleteTodo'>(problem(418, 'not_found', ''));
    // @ts-expect-error getHealth cannot be unavailable
    answer<'getHealth'>(unavailable());
    // @ts-expect-error a text is no status
    answer<'deleteTodo'>({ status: '204' });
  });

  test('accepts only the body of its status', () => {
    const headers = { ETag };
    answer<'getTodo'>({ status: 200, headers, body: todo });
    // @ts-expect-error the right body under a wrong status
    answer<'getTodo'>({ status: 404, headers, body: todo });
    // @ts-expect-error a user is no todo
    answer<'getTodo'>({ status: 200, headers, body: user });
    // @ts-expect-error 304 has no body
    answer<'getTodo'>({ status: 304, headers, body: todo });
    // @ts-expect-error 200 has one
    answer<'getTodo'>({ status: 200, headers });
    // @ts-expect-error a problem is no token pair
    answer<'login'>({ status: 200, body: problem(401, 'not_found', '').body });
    answer<'listTodos'>({ status: 200, body: [todo] });
    // @ts-expect-error a list has todos only
    answer<'listTodos'>({ status: 200, body: [todo, user] });
  });

  test('requires every member of the body with its type', () => {
    const { title, ...untitled } = todo;
    const created = { status: 201, headers: { Location, ETag } } as const;
    answer<'createTodo'>({ ...created, body: { ...untitled, title } });
    // @ts-expect-error the title is missing
    answer<'createTodo'>({ ...created, body: untitled });
    // @ts-expect-error done is true or false
    answer<'createTodo'>({ ...created, body: { ...todo, done: 1 } });
    // @ts-expect-error a Date is not what goes over the wire
    answer<'createTodo'>({ ...created, body: { ...todo, created_at: new Date() } });
    // @ts-expect-error a literal has no member that the contract does not know
    answer<'logout'>({ status: 200, body: { message: '', owner: '' } });
  });

  test('requires the required headers', () => {
    answer<'createTodo'>({
      status: 201,
      headers: { Location, ETag },
      body: todo,
    });
    // @ts-expect-error Location is missing
    answer<'createTodo'>({ status: 201, headers: { ETag }, body: todo });
    // @ts-expect-error ETag is missing
    answer<'createTodo'>({ status: 201, headers: { Location }, body: todo });
    // @ts-expect-error both are missing
    answer<'createTodo'>({ status: 201, body: todo });
    // @ts-expect-error a 304 has its ETag as well
    answer<'getTodo'>({ status: 304 });
    answer<'login'>(tooManyRequests(1));
    // @ts-expect-error Retry-After is missing
    answer<'login'>(problem(429, 'too_many_requests', ''));
    // @ts-expect-error Retry-After is a number of seconds
    answer<'login'>({ ...tooManyRequests(1), headers: { 'Retry-After': 'soon' } });
    answer<'login'>(unavailable());
    // @ts-expect-error Retry-After is missing
    answer<'login'>(problem(503, 'unavailable', ''));
    // @ts-expect-error Allow is missing, which the edge knows and no handler
    answer<'login'>(problem(405, 'method_not_allowed', ''));
  });

  test('accepts optional headers, and no undeclared ones', () => {
    const Link = '</todos?cursor=a>; rel="next"';
    answer<'listTodos'>({ status: 200, headers: { Link }, body: [todo] });
    answer<'listTodos'>({ status: 200, headers: {}, body: [todo] });
    // @ts-expect-error a link is a text
    answer<'listTodos'>({ status: 200, headers: { Link: 1 }, body: [todo] });
    // @ts-expect-error listTodos declares no such header
    answer<'listTodos'>({ status: 200, headers: { 'X-Total': 1 }, body: [todo] });
    // @ts-expect-error X-Request-Id is the edge's business
    answer<'listTodos'>({ status: 200, headers: { 'X-Request-Id': '' }, body: [todo] });
  });

  test('accepts only problem codes of the contract', () => {
    answer<'getTodo'>(problem(404, 'not_found', ''));
    // @ts-expect-error the contract knows no such code
    problem(404, 'teapot', '');
    // @ts-expect-error where a fault is, is a pointer, a parameter or a header
    problem(400, 'invalid_request', '', [{ message: '', line: 1 }]);
  });
});

describe('the type of a request', () => {
  test('has a principal where the contract asks for one', () => {
    expectTypeOf<OperationRequest<'listTodos'>['principal']>().toEqualTypeOf<Principal>();
    expectTypeOf<OperationRequest<'login'>['principal']>().toEqualTypeOf<undefined>();
    handle<'getCurrentUser'>(async (request) => {
      request.principal.userId satisfies string;
      return { status: 200, body: user };
    });
    handle<'register'>(async (request) => {
      // @ts-expect-error a registration has no principal
      request.principal.userId;
      return { status: 201, body: user };
    });
  });

  test('has the path parameters of its operation', () => {
    expectTypeOf<OperationRequest<'getTodo'>['path']>().toEqualTypeOf<{ todo_id: string }>();
    handle<'deleteTodo'>(async ({ path }) => {
      path.todo_id satisfies string;
      // @ts-expect-error a todo's path has no id of a session
      path.session_id;
      return { status: 204 };
    });
    handle<'deleteTodos'>(async ({ path }) => {
      // @ts-expect-error nor has the path of all todos any
      path.todo_id;
      return { status: 204 };
    });
  });

  test('has the query parameters of its operation, which may be missing', () => {
    expectTypeOf<OperationRequest<'listTodos'>['query']>().toEqualTypeOf<{
      done?: boolean;
      q?: string;
      sort?: 'created_at' | '-created_at' | 'updated_at' | '-updated_at';
      limit?: number;
      cursor?: string;
    }>();
    handle<'deleteTodos'>(async ({ query }) => {
      // @ts-expect-error done may be missing
      query.done satisfies boolean;
      // @ts-expect-error deleteTodos takes no limit
      query.limit;
      return { status: 204 };
    });
    handle<'getCurrentUser'>(async ({ query }) => {
      // @ts-expect-error getCurrentUser takes no parameter at all
      query.done;
      return { status: 200, body: user };
    });
  });

  test('has the headers that its operation declares', () => {
    expectTypeOf<OperationRequest<'refresh'>['headers']>().toEqualTypeOf<{
      'Refresh-Token'?: string;
      'Idempotency-Key'?: string;
    }>();
    handle<'deleteTodo'>(async ({ headers }) => {
      headers['If-Match'] satisfies string | undefined;
      // @ts-expect-error deleteTodo does not look at If-None-Match
      headers['If-None-Match'];
      return { status: 204 };
    });
  });

  test('has a body where the contract has one', () => {
    expectTypeOf<OperationRequest<'login'>['body']>().toEqualTypeOf<Schema<'Credentials'>>();
    expectTypeOf<OperationRequest<'refresh'>['body']>().toEqualTypeOf<
      Schema<'RefreshRequest'> | undefined
    >();
    expectTypeOf<OperationRequest<'getTodo'>['body']>().toEqualTypeOf<undefined>();
    handle<'logout'>(async ({ body }) => {
      // @ts-expect-error the body may be missing
      body.refresh_token;
      return { status: 200, body: { message: '' } };
    });
  });
});

describe('the type of security handlers', () => {
  test('requires one for every scheme of the contract, and no other', () => {
    const bearerAuth: SecurityHandlers['bearerAuth'] = async () => ({ principal });
    ({ bearerAuth }) satisfies SecurityHandlers;
    // @ts-expect-error bearerAuth is missing
    ({}) satisfies SecurityHandlers;
    // @ts-expect-error the contract has no scheme cookieAuth
    ({ bearerAuth, cookieAuth: bearerAuth }) satisfies SecurityHandlers;
  });

  test('requires a principal or a rejection as the result, not a boolean', () => {
    // @ts-expect-error true is no principal
    (async () => true) satisfies SecurityHandlers['bearerAuth'];
    // @ts-expect-error a user's id alone is no principal
    (async () => ({ principal: { userId: '' } })) satisfies SecurityHandlers['bearerAuth'];
  });
});
