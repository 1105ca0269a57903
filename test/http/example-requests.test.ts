// The examples of openapi.yaml work as they are written: a reference fills them in, and the demo user
// of a new database can send them.
import { describe, expect, test } from 'vitest';
import { document, listOperations, type ParameterObject } from '../../src/http/openapi-document.ts';
import type { OperationId } from '../../src/http/operation.ts';
import { type Sent, send } from '../support/http.ts';
import { startService, type TestService } from '../support/service.ts';
import { exampleBody, resolve } from './example-requests.ts';

type Parameter = ParameterObject & { example?: unknown };

/** What no example can know: a token and a session that the service is yet to make. */
const UNKNOWABLE: Partial<Record<OperationId, number>> = { refresh: 401, revokeSession: 404 };

const operations = [...listOperations(document)].map(
  ({ path, method, operation, pathParameters }) => {
    const declared = [...pathParameters, ...(operation.parameters ?? [])];
    const parameters: Parameter[] = declared.map((one) => resolve(one));
    const id = operation.operationId as OperationId; // compileContract has seen that it has one
    const [success] = Object.keys(operation.responses ?? {});
    return { id, path, method, operation, parameters, status: UNKNOWABLE[id] ?? Number(success) };
  },
);

function operationOf(id: OperationId) {
  const operation = operations.find((one) => one.id === id);
  if (!operation) throw new Error(`the contract has no ${id}`);
  return operation;
}

/** The request that a reference sends when nothing in it is changed. */
function requestOf(id: OperationId, token?: string): Sent {
  const { path, method, parameters, operation } = operationOf(id);
  const given = parameters.filter((parameter) => 'example' in parameter);
  const values = (place: Parameter['in']) =>
    given.filter((one) => one.in === place).map(({ name, example }) => [name, `${example}`]);
  const filledIn = values('path').reduce(
    (text, [name, value]) => text.replace(`{${name}}`, `${value}`),
    path,
  );
  const query = `${new URLSearchParams(values('query') as [string, string][])}`;
  const body = exampleBody(operation.requestBody);
  return {
    method: method.toUpperCase(),
    path: query ? `${filledIn}?${query}` : filledIn,
    headers: Object.fromEntries(values('header')),
    ...(token !== undefined && { token }),
    ...(body !== undefined && { body }),
  };
}

async function signIn(service: TestService): Promise<string> {
  const response = await send(service, requestOf('login'));
  expect(response.status).toBe(200);
  return (await response.json()).access_token;
}

describe('the example request of', () => {
  test.each(operations.map(({ id, status }) => [id, status] as const))(
    '%s is answered with %i',
    async (id, status) => {
      await using service = await startService();
      const response = await send(service, requestOf(id, await signIn(service)));
      expect(await response.text()).toMatch(status < 400 ? /^(?!.*"code")/ : /./);
      expect(response.status).toBe(status);
    },
  );
});

describe('with the example requests in order,', () => {
  test('the demo user sees the whole list', async () => {
    await using service = await startService();
    const token = await signIn(service);
    const shown = await (await send(service, requestOf('listTodos', token))).json();
    const all = await (await send(service, { path: '/todos?limit=100', token })).json();
    expect(shown).toHaveLength(3);
    expect(shown).toHaveLength(all.length);
  });

  test('two todos of different titles are created', async () => {
    await using service = await startService();
    const token = await signIn(service);
    const request = requestOf('createTodo', token);
    const first = await send(service, request);
    const second = await send(service, { ...request, body: { title: 'Another one' } });
    expect([first.status, second.status]).toEqual([201, 201]);
  });

  test('a todo is read, replaced, updated twice and deleted', async () => {
    await using service = await startService();
    const token = await signIn(service);
    const ids = ['getTodo', 'replaceTodo', 'updateTodo', 'updateTodo', 'deleteTodo'] as const;
    const statuses: number[] = [];
    for (const id of ids) statuses.push((await send(service, requestOf(id, token))).status);
    expect(statuses).toEqual([200, 200, 200, 200, 204]);
  });

  test('the todo that is read is the one that the contract shows', async () => {
    await using service = await startService();
    const read = await (await send(service, requestOf('getTodo', await signIn(service)))).json();
    const shown = document.components?.examples?.['Todo']?.value;
    const { created_at, updated_at } = read;
    expect(read).toEqual({ ...Object(shown), created_at, updated_at });
  });
});
