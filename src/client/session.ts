import { isProblem, type Problem } from './errors.ts';
import { randomId } from './random-id.ts';
import type { Maybe, TokenPair, TokenStore, Tokens } from './tokens.ts';

/** Sends a request, like `fetch`. */
export type Fetch = (request: Request) => Promise<Response>;

export interface SessionOptions {
  store: TokenStore;
  /** Sends the refresh token. Returns a new pair, `undefined` when the session is over, or throws. */
  refresh: (tokens: Tokens) => Promise<TokenPair | undefined>;
  onSessionLost: () => void;
}

/** Sends the requests of a signed-in client with its access token, and refreshes the token. */
export interface Session {
  /** Stores the tokens of a login. */
  start(pair: TokenPair): Promise<void>;
  /** Runs a logout and, if it succeeds, forgets the tokens of that login. */
  end<Result extends { response: Response }>(logout: () => Promise<Result>): Promise<Result>;
  /** Forgets the tokens without a logout. */
  forget(): Promise<void>;
  /** Sends a request with the access token; repeats it once if the token had to be refreshed. */
  send(request: Request, fetch: Fetch): Promise<Response>;
}

/** The codes of a 401 after which a refresh may help, or after which the session is over. */
const TOKEN_ERROR_CODES: readonly Problem['code'][] = [
  'access_token_expired',
  'invalid_access_token',
  'session_ended',
];

const NO_LOGOUT = Promise.resolve(false);

export function createSession({ store, refresh, onSessionLost }: SessionOptions): Session {
  /** The refreshes in progress, by the refresh token that each sends. */
  const refreshes = new Map<string, Promise<Maybe<Tokens>>>();
  const enqueue = createQueue();
  /** Whether the logout in progress ends the session. */
  let logoutInProgress = NO_LOGOUT;

  async function send(request: Request, fetch: Fetch): Promise<Response> {
    const tokens = await store.get();
    if (!tokens || request.headers.has('Authorization')) return fetch(request);
    const copy = request.clone(); // a body can be sent only once
    const response = await fetch(authorize(request, tokens));
    const fault = await readTokenError(response);
    if (fault === undefined) return response;
    const current = await unlessAborted(request.signal, refreshOnce(tokens, fault));
    // After another login, perhaps another user's, the request must not be repeated in its name.
    if (current?.login_id !== tokens.login_id) return response;
    return fetch(authorize(copy, current));
  }

  function refreshOnce(used: Tokens, fault: Problem['code']) {
    const key = used.refresh_token;
    const running = refreshes.get(key);
    if (running) return running;
    const started = lock('refresh', () => currentTokens(used, fault));
    const refreshed = started.finally(() => refreshes.delete(key));
    refreshes.set(key, refreshed);
    return refreshed;
  }

  /** Finds newer tokens than the used ones in the store, or refreshes the used ones. */
  async function currentTokens(used: Tokens, fault: Problem['code']) {
    const current = await store.get();
    if (current?.access_token !== used.access_token) return current;
    const pair = fault === 'session_ended' ? undefined : await refresh(current);
    const successor = pair && toTokens(pair, current.login_id);
    if (!(await replace(current, successor))) return store.get();
    // A session that a logout has ended is not lost. The response of the logout may come later.
    if (successor === undefined) void logoutInProgress.then((ended) => ended || onSessionLost());
    return successor;
  }

  /** Replaces tokens unless a login or another tab has done so. @returns whether it did. */
  function replace(old: Tokens, successor: Tokens | undefined): Promise<boolean> {
    return write(async () => {
      if ((await store.get())?.refresh_token !== old.refresh_token) return false;
      await (successor ? store.set(successor) : store.clear());
      return true;
    });
  }

  function start(pair: TokenPair): Promise<void> {
    return write(async () => store.set(toTokens(pair, randomId())));
  }

  async function end<Result extends { response: Response }>(logout: () => Promise<Result>) {
    const tokens = await store.get();
    const result = logout();
    logoutInProgress = result.then(isLoggedOut, () => false);
    try {
      if ((await result).response.ok) await forgetLogin(tokens);
      return await result;
    } finally {
      logoutInProgress = NO_LOGOUT;
    }
  }

  function forgetLogin(tokens: Maybe<Tokens>): Promise<void> {
    return write(async () => {
      if ((await store.get())?.login_id === tokens?.login_id) await store.clear();
    });
  }

  function forget(): Promise<void> {
    return write(async () => store.clear());
  }

  function write<Value>(action: () => Promise<Value>): Promise<Value> {
    return enqueue(() => lock('write', action));
  }

  function lock<Value>(purpose: 'refresh' | 'write', action: () => Promise<Value>) {
    return store.lock ? store.lock(purpose, action) : action();
  }

  return { start, end, forget, send };
}

/** Whether the response of a logout says that the session is over, by this logout or before it. */
function isLoggedOut({ response }: { response: Response }): boolean {
  return response.ok || response.status === 401;
}

function toTokens(pair: TokenPair, login_id: string): Tokens {
  return { ...pair, login_id, refresh_key: randomId() };
}

function authorize(request: Request, { access_token }: Tokens): Request {
  request.headers.set('Authorization', `Bearer ${access_token}`);
  return request;
}

async function readTokenError(response: Response): Promise<Problem['code'] | undefined> {
  if (response.status !== 401) return undefined;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined); // not a response of the service
  return isProblem(body) && TOKEN_ERROR_CODES.includes(body.code) ? body.code : undefined;
}

/** Rejects as soon as the request is aborted; others may still wait for the same promise. */
function unlessAborted<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([promise, aborted]);
}

/** Runs actions one after the other; a failure does not stop the next action. */
function createQueue() {
  let last: Promise<unknown> = Promise.resolve();
  return <Value>(action: () => Promise<Value>): Promise<Value> => {
    const next = last.then(action);
    last = next.catch(() => undefined);
    return next;
  };
}
