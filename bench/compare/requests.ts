import type { Answer } from './http-client.ts';
import type { Seed, SignedInUser } from './rows.ts';

/** The titles of the requests in the table. */
export const REQUEST_TITLES = {
  'todos-list': 'GET /todos, 20 todos',
  'todos-get': 'GET /todos/{id}',
  'todos-create': 'POST /todos',
  refresh: 'POST /auth/refresh',
  unauthorized: '401: bad signature',
  invalid: '400: invalid body',
  'not-found': '404: unknown id',
};
export type RequestName = keyof typeof REQUEST_TITLES;
export const REQUEST_NAMES = Object.keys(REQUEST_TITLES) as RequestName[]; // it has no other keys

export interface PreparedRequest {
  bytes: string;
  status: number;
  /** Saves values of the answer that later requests need. */
  onAnswer?: (answer: Answer) => void;
}

/** Makes the requests for one server; each request is for the next user. */
export type Workload = Record<RequestName, () => PreparedRequest>;

const UNKNOWN_ID = '00000000-0000-7000-8000-000000000000';

export function createWorkload({ users, writers }: Seed): Workload {
  const nextUser = cycle(users);
  const nextWriter = cycle(writers);
  const refreshTokens = users.map(({ refreshToken }) => refreshToken);
  return {
    'todos-list': () => ({ bytes: format('GET', '/todos', nextUser()), status: 200 }),
    'todos-get': () => {
      const user = nextUser();
      return { bytes: format('GET', `/todos/${user.todoIds[0]}`, user), status: 200 };
    },
    'todos-create': () => ({
      bytes: format('POST', '/todos', nextWriter(), { title: 'Buy milk', description: 'Two' }),
      status: 201,
    }),
    refresh: () => {
      const token = refreshTokens.shift(); // a token works once
      return {
        bytes: format('POST', '/auth/refresh', undefined, { refresh_token: token }),
        status: 200,
        onAnswer: ({ body }) => refreshTokens.push(JSON.parse(body).refresh_token),
      };
    },
    unauthorized: () => {
      const { accessToken } = nextUser();
      const signatureStart = accessToken.lastIndexOf('.') + 1;
      const badToken = accessToken.slice(0, signatureStart) + 'A'.repeat(43);
      return { bytes: format('GET', '/todos', { accessToken: badToken }), status: 401 };
    },
    invalid: () => ({
      bytes: format('POST', '/todos', nextUser(), { title: '' }),
      status: 400,
    }),
    'not-found': () => ({ bytes: format('GET', `/todos/${UNKNOWN_ID}`, nextUser()), status: 404 }),
  };
}

function cycle<T>(items: readonly T[]): () => T {
  let index = -1;
  return () => {
    index = (index + 1) % items.length;
    const item = items[index];
    if (item === undefined) throw new Error('there is nothing to cycle through');
    return item;
  };
}

function format(
  method: 'GET' | 'POST',
  path: string,
  user: Pick<SignedInUser, 'accessToken'> | undefined,
  body?: unknown,
): string {
  const payload = body === undefined ? '' : JSON.stringify(body);
  const headers = [
    'Host: 127.0.0.1',
    'User-Agent: bench',
    'Accept: application/json',
    ...(user ? [`Authorization: Bearer ${user.accessToken}`] : []),
    ...(payload ? ['Content-Type: application/json', `Content-Length: ${payload.length}`] : []),
  ];
  return `${method} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${payload}`;
}
