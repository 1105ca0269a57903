// Every status that the contract declares for an operation, if it can be had from outside, comes with
// the headers and the media type that it is declared with.
import { expect, test } from 'vitest';
import { document, listOperations } from '../../src/http/openapi-document.ts';
import type { OperationId } from '../../src/http/operation.ts';
import { FAULTS } from '../support/database.ts';
import { breakDatabase } from '../support/database-faults.ts';
import { type Sent, send } from '../support/http.ts';
import { startSharedService } from '../support/service.ts';
import { DEMO, PASSWORD, signIn, signUp } from '../support/users.ts';
import { exampleBody, resolve, withNewItem } from './example-requests.ts';

const cases = [...listOperations(document)].flatMap(({ path, method, operation }) =>
  Object.entries(operation.responses ?? {}).map(([status, response]) => ({
    id: operation.operationId as OperationId, // of openapi.yaml, which the type is made from
    status: Number(status),
    route: { path, method: method.toUpperCase(), example: exampleBody(operation.requestBody) },
    response: resolve(response),
  })),
);

const service = await startSharedService();
const closed = await startSharedService({ REGISTRATION: 'false' });
const { access_token: token, refresh_token } = await signIn(service);

const UNKNOWN = '019ab1d0-5c00-7000-8000-000000000001';
const session = async () => ({ token: (await signIn(service)).access_token });
let users = 0;
const newUser = async () => ({ token: (await signUp(service, `user-${++users}`)).access_token });

/**
 * A request that could succeed; one that does must not disturb the others. Without an entry: the
 * example of the contract, with an item that has just been added to its collection.
 */
const GOOD: Partial<Record<OperationId, (succeeds: boolean) => Promise<Partial<Sent>>>> = {
  register: async () => ({ body: { username: `new-${++users}`, password: PASSWORD } }),
  login: async () => ({ body: DEMO }),
  refresh: async () => ({ body: { refresh_token } }),
  logout: async (succeeds) => ({ ...(succeeds && (await session())), body: {} }),
  deleteCurrentUser: async (succeeds) => ({
    ...(succeeds && (await newUser())),
    body: { current_password: PASSWORD },
  }),
  changePassword: async (succeeds) => ({
    ...(succeeds && (await newUser())),
    body: { current_password: PASSWORD, new_password: `${PASSWORD} 2` },
  }),
  revokeSessions: async (succeeds) => (succeeds ? newUser() : {}),
  revokeSession: async (succeeds) => {
    const own = succeeds ? await session() : { token };
    const sessions = await send(service, { path: '/auth/sessions', ...own });
    const [{ id }] = await sessions.json(); // the most recently used first
    return { ...own, path: `/auth/sessions/${id}` };
  },
  deleteTodos: async () => ({ path: '/todos?done=true' }),
};

interface Route {
  path: string;
  method: string;
  example: unknown;
}

async function goodRequest(id: OperationId, status: number, route: Route): Promise<Sent> {
  const { path, method, example: body } = route;
  const own = GOOD[id]
    ? await GOOD[id](status < 300)
    : { path: await withNewItem(service, token, path) };
  return { token, path, method, ...(body !== undefined && { body }), ...own };
}

/** For some statuses, what is to be changed in it. */
const CHANGES: Record<number, (id: OperationId, good: Sent) => Partial<Sent>> = {
  304: () => ({ headers: { 'If-None-Match': '*' } }),
  400: (_, { path }) => ({ path: `${path}${path.includes('?') ? '&' : '?'}bogus=1` }),
  401: (id) => {
    if (id === 'login') return { body: { ...DEMO, password: 'wrong' } };
    if (id === 'refresh') return { body: { refresh_token: 'wrong' } };
    return { token: undefined };
  },
  403: (id, { body }) =>
    id === 'login' ? {} : { body: Object.assign({}, body, { current_password: 'wrong' }) },
  404: (_, { path }) => ({ path: path.replace(/[^/]+$/, UNKNOWN) }),
  405: () => ({ method: 'PURGE', token: 'nonsense' }), // it is checked before the token
  406: () => ({ headers: { Accept: 'text/html' } }),
  409: (id) =>
    id === 'register'
      ? { body: { ...DEMO, password: PASSWORD } }
      : { headers: { 'Idempotency-Key': 'taken' } },
  412: () => ({ headers: { 'If-Match': '"0"' } }),
  413: () => ({ body: 'x'.repeat(70_000) }),
  415: () => ({ headers: { 'Content-Type': 'text/plain' } }),
};

/** What cannot be had here: rate limits have tests of their own, and some need no database. */
const isElsewhere = (id: OperationId, status: number) =>
  status === 429 || (status === 500 && ['getHealth', 'getJwks'].includes(id));

async function answerOf(id: OperationId, status: number, route: Route) {
  const good = await goodRequest(id, status, route);
  const request = { ...good, ...CHANGES[status]?.(id, good) };
  if (status === 403 && id === 'register') return send(closed, good);
  if (status === 403 && id === 'login') {
    await closed.db.updateTable('users').set({ password_is_temporary: 1 }).execute();
    return send(closed, good);
  }
  if (status === 409 && id === 'createTodo') {
    await send(service, { ...request, body: { title: 'the first' } });
  }
  using _outage =
    status >= 500 ? breakDatabase(status === 500 ? FAULTS.bug : FAULTS.outages[0]) : null;
  return await send(service, request);
}

/** The methods of a path, in the order of the alphabet. */
function methodsOf(path: string): string[] {
  const own = cases.filter(({ route }) => route.path === path).map(({ route }) => route.method);
  return [
    ...new Set(own.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method))),
  ].sort();
}

test.for(cases.filter(({ id, status }) => !isElsewhere(id, status)))(
  '$id can answer $status',
  async ({ id, status, route, response: { headers = {}, content } }) => {
    const answer = await answerOf(id, status, route);
    expect(answer.status).toBe(status);
    const required = Object.entries(headers).flatMap(([name, header]) =>
      resolve(header).required ? [name] : [],
    );
    expect(required).toContain('X-Request-Id');
    expect(required).toContain('Cache-Control');
    for (const name of required)
      expect([name, answer.headers.get(name)]).toEqual([name, expect.stringMatching(/./)]);
    const [type] = answer.headers.get('Content-Type')?.split(';') ?? [];
    expect(type).toBe(content && Object.keys(content)[0]);
    const body = await answer.text();
    expect(body === '').toBe(content === undefined);
    if (status >= 400) expect(JSON.parse(body)).toMatchObject({ status });
    if (status === 405) {
      const allowed = answer.headers.get('Allow')?.split(', ').toSorted();
      expect(allowed).toEqual(methodsOf(route.path));
    }
  },
);

test('every operation declares 400, 405, 406 and 500', () => {
  for (const [id, declared] of Map.groupBy(cases, (one) => one.id)) {
    const statuses = declared.map(({ status }) => status);
    expect(statuses, id).toEqual(expect.arrayContaining([400, 405, 406, 500]));
  }
});
