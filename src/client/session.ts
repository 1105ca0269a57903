import { isProblem, type Problem } from './errors.ts';
import type { Maybe, TokenPair, TokenStore, Tokens } from './tokens.ts';

/** Sends a request: `fetch`, or something like it. */
export type Fetch = (request: Request) => Promise<Response>;

export interface SessionOptions {
  store: TokenStore;
  /** Spends the refresh token: a new pair, `undefined` when the session is over; else it throws. */
  refresh: (tokens: Tokens) => Promise<TokenPair | undefined>;
  onLost: () => void;
}

/** One signed-in client: its requests, their access token, and that token's renewal. */
export interface Session {
  /** Remembers the tokens of a login. */
  start(pair: TokenPair): Promise<void>;
  /** Runs a logout and, if it succeeds, forgets the tokens of the login that it has ended. */
  end<Result extends { response: Response }>(logout: () => Promise<Result>): Promise<Result>;
  /** Sends a request with the access token, and once more if that had to be renewed. */
  send(request: Request, fetch: Fetch): Promise<Response>;
}

/** The answers to an access token that a new one may mend, or that end the session. */
const tokenFaults: readonly Problem['code'][] = [
  'access_token_expired',
  'invalid_access_token',
  'session_ended',
];

/** Whether a logout under way comes to its end, when there is none. */
const noLogout = Promise.resolve(false);

export function createSession({ store, refresh, onLost }: SessionOptions): Session {
  /** The renewals under way, by the refresh token that each of them spends. */
  const renewals = new Map<string, Promise<Maybe<Tokens>>>();
  const exclusively = createQueue();
  let leaving = noLogout;

  async function send(request: Request, fetch: Fetch): Promise<Response> {
    const tokens = await store.get();
    if (!tokens || request.headers.has('Authorization')) return fetch(request);
    const spare = request.clone(); // a body can be sent only once
    const response = await fetch(authorize(request, tokens));
    const fault = await faultOf(response);
    if (fault === undefined) return response;
    const current = await unlessAborted(request.signal, renewOnce(tokens, fault));
    // Another login may be another user's: what this one meant to do is not done in its name.
    if (current?.login_id !== tokens.login_id) return response;
    return fetch(authorize(spare, current));
  }

  function renewOnce(used: Tokens, fault: Problem['code']) {
    const key = used.refresh_token;
    const renewal = renewals.get(key) ?? renew(used, fault).finally(() => renewals.delete(key));
    renewals.set(key, renewal);
    return renewal;
  }

  /** The tokens to go on with: newer ones if there are any by now, else the used ones' successor. */
  async function renew(used: Tokens, fault: Problem['code']) {
    const current = await store.get();
    if (current?.access_token !== used.access_token) return current;
    const pair = fault === 'session_ended' ? undefined : await refresh(current);
    const successor = pair && remember(pair, current.login_id);
    if (!(await replace(current, successor))) return store.get();
    // What a logout has ended is not lost; which it was may be known only later.
    if (successor === undefined) void leaving.then((left) => left || onLost());
    return successor;
  }

  /** Whether the store still held `spent`: what a login or another tab put there stays. */
  function replace(spent: Tokens, successor: Tokens | undefined): Promise<boolean> {
    return exclusively(async () => {
      if ((await store.get())?.refresh_token !== spent.refresh_token) return false;
      await (successor ? store.set(successor) : store.clear());
      return true;
    });
  }

  function start(pair: TokenPair): Promise<void> {
    return exclusively(async () => store.set(remember(pair, crypto.randomUUID())));
  }

  async function end<Result extends { response: Response }>(logout: () => Promise<Result>) {
    const tokens = await store.get();
    const result = logout();
    leaving = result.then(isOver, () => false);
    try {
      if ((await result).response.ok) await forget(tokens);
      return await result;
    } finally {
      leaving = noLogout;
    }
  }

  function forget(tokens: Maybe<Tokens>): Promise<void> {
    return exclusively(async () => {
      if ((await store.get())?.login_id === tokens?.login_id) await store.clear();
    });
  }

  return { start, end, send };
}

/** Whether a logout's answer says that the session is over, by it or before it. */
function isOver({ response }: { response: Response }): boolean {
  return response.ok || response.status === 401;
}

function remember(pair: TokenPair, login_id: string): Tokens {
  return { ...pair, login_id, refresh_key: crypto.randomUUID() };
}

function authorize(request: Request, { access_token }: Tokens): Request {
  request.headers.set('Authorization', `Bearer ${access_token}`);
  return request;
}

async function faultOf(response: Response): Promise<Problem['code'] | undefined> {
  if (response.status !== 401) return undefined;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined); // not the service's answer
  return isProblem(body) && tokenFaults.includes(body.code) ? body.code : undefined;
}

/** Whoever gives up need not wait for a renewal that others wait for too. */
function unlessAborted<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([promise, aborted]);
}

/** Runs one action after the other, whatever becomes of each. */
function createQueue() {
  let last: Promise<unknown> = Promise.resolve();
  return <Value>(action: () => Promise<Value>): Promise<Value> => {
    const next = last.then(action);
    last = next.catch(() => undefined);
    return next;
  };
}
