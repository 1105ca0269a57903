import createFetchClient, { type Client as FetchClient, type FetchResponse } from 'openapi-fetch';
import type { components, operations, paths } from '../../generated/openapi.d.ts';
import { ProblemError } from './errors.ts';
import { nextCursor } from './pagination.ts';
import { type Method, needsToken } from './public-operations.ts';
import { refreshTokens } from './refresh.ts';
import { createSession, type Fetch } from './session.ts';
import { memoryTokens, type TokenStore } from './tokens.ts';

export { type BrowserTokens, browserTokens } from './browser-tokens.ts';
export { isProblem, type Problem, ProblemError, RefreshFailedError } from './errors.ts';
export { nextCursor } from './pagination.ts';
export type { Fetch } from './session.ts';
export { memoryTokens, type TokenPair, type TokenStore, type Tokens } from './tokens.ts';
export type { components, operations, paths };

/** A todo in the responses of the service. */
export type Todo = components['schemas']['Todo'];

/** The parameters of `listTodos`: filters, order, page size. */
export type TodoQuery = NonNullable<operations['listTodos']['parameters']['query']>;

/** The result of an operation: `data` if it succeeded, otherwise `error`; always `response`. */
export type Result<Id extends keyof operations> = FetchResponse<
  operations[Id],
  object,
  `${string}/${string}`
>;

export interface ClientOptions {
  /** The URL of the service, e.g. `http://localhost:8000`. */
  baseUrl: string;
  /** Where the tokens are kept; in memory by default. */
  tokens?: TokenStore;
  /** Sends the requests; the global `fetch` by default. */
  fetch?: Fetch;
  /**
   * Called once when the service says that the session is over, and this client did not log out: the
   * session was ended elsewhere, has expired, or its tokens were stolen and used. The client has
   * forgotten the tokens by then.
   */
  onSessionLost?: () => void;
}

/**
 * A client of the service, signed in or not.
 *
 * `GET`, `POST`, `PUT`, `PATCH` and `DELETE` are openapi-fetch's: they know every path, parameter,
 * body and response of the contract and resolve to `{ data, error, response }`; `error` is a
 * {@link Problem} with a `code` of the operation. (A 304 has neither `data` nor `error`: look at
 * `response.status`.)
 *
 * Every operation that takes an access token gets it, unless the call has an `Authorization` header
 * of its own. When the service rejects the token as expired or invalid, the client refreshes it once
 * for all requests in progress (RFC 6750 §3.1, RFC 6749 §6). It repeats each of them once, with its
 * body. After a second 401, the call returns that response.
 *
 * They reject with what `fetch` throws, and with a `RefreshFailedError` when the token could not
 * be refreshed although the session may go on.
 */
export interface Client extends Pick<FetchClient<paths>, Method> {
  /**
   * Signs in; the tokens replace those of an earlier login.
   *
   * @returns the token pair, or the error: 401 `invalid_credentials`, 429 with `Retry-After`
   *   (seconds).
   */
  login(username: string, password: string): Promise<Result<'login'>>;
  /**
   * Signs out: ends the session in the service, then forgets its tokens. An error 401 says that the
   * session was over already. If it fails otherwise the client stays signed in.
   */
  logout(): Promise<Result<'logout'>>;
  /**
   * Signs out on this device only: forgets the tokens, without a request. The session stays live in the
   * service until it expires. For a sign-out when `logout` cannot reach the service.
   */
  forget(): Promise<void>;
  /**
   * Sends any request to the service with the access token, refreshed and repeated as for an
   * operation. For requests that the contract's types do not cover.
   */
  fetch: Fetch;
  /**
   * All the todos that match, page by page as they are asked for; `limit` is the size of a page
   * (1–100, 20 by default).
   *
   * @throws {ProblemError} when a page is refused.
   */
  todos(query?: TodoQuery): AsyncGenerator<Todo, void>;
}

/** Any paths: openapi-fetch without the contract's types. */
type AnyPaths = Record<string, Record<Lowercase<Method>, object>>;

/**
 * Makes a client of the service.
 *
 * @example
 * const client = createClient({ baseUrl: 'http://localhost:8000' });
 * const { error } = await client.login('testuser', 'testpass123');
 * if (error) throw new Error(error.detail);
 * for await (const todo of client.todos({ done: false })) console.log(todo.title);
 */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, tokens: store = memoryTokens(), onSessionLost } = options;
  const send: Fetch = options.fetch ?? ((request) => globalThis.fetch(request));
  const api = createFetchClient<AnyPaths>({ baseUrl });
  const session = createSession({
    store,
    refresh: (tokens) => refreshTokens(client, tokens),
    onSessionLost: () => onSessionLost?.(),
  });

  /** openapi-fetch's method, sending through the session if the operation takes a token. */
  function createMethod<Name extends Method>(name: Name): FetchClient<paths>[Name] {
    const call = (path: keyof paths, init: { fetch?: Fetch } = {}) => {
      const next = init.fetch ?? send;
      const fetch: Fetch = needsToken(name, path) ? (request) => session.send(request, next) : next;
      return api[name](path, { ...init, fetch });
    };
    // It passes on all arguments, so its type is that of the method that it calls.
    return call as FetchClient<paths>[Name];
  }

  const client: Client = {
    GET: createMethod('GET'),
    POST: createMethod('POST'),
    PUT: createMethod('PUT'),
    PATCH: createMethod('PATCH'),
    DELETE: createMethod('DELETE'),

    async login(username, password) {
      const result = await client.POST('/auth/login', { body: { username, password } });
      if (result.data !== undefined) await session.start(result.data);
      return result;
    },

    logout: () => session.end(() => client.POST('/auth/logout')),

    forget: session.forget,

    fetch: (request) => session.send(request, send),

    async *todos(query) {
      let page: TodoQuery | undefined = { ...query };
      while (page !== undefined) {
        const { data, error, response } = await client.GET('/todos', { params: { query: page } });
        if (data === undefined) throw new ProblemError(response, error);
        yield* data;
        const cursor = nextCursor(response);
        page = cursor === undefined ? undefined : { ...query, cursor };
      }
    },
  };
  return client;
}
