import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { expect, type Mock, vi } from 'vitest';
import {
  type Client,
  type ClientOptions,
  createClient,
  memoryTokens,
  type TokenStore,
  type Tokens,
} from '../../src/client/index.ts';
import { startSharedService } from '../support/service.ts';
import { PASSWORD } from '../support/users.ts';
import { createNetwork, type Network, type Sent } from './network.ts';

export const REFRESH = 'POST /auth/refresh';

/** One service for all tests of a file, with the users ada and bob. */
export async function startClientService() {
  const service = await startSharedService();
  for (const username of ['ada', 'bob']) {
    await service.client().POST('/auth/register', { body: { username, password: PASSWORD } });
  }

  function signedOut(options: Partial<ClientOptions> = {}): SignedIn {
    const network = createNetwork();
    const tokens = options.tokens ?? memoryTokens();
    const onSessionLost = vi.fn(() => options.onSessionLost?.());
    const client = createClient({
      baseUrl: service.url,
      fetch: network.fetch,
      tokens,
      onSessionLost,
    });
    return { client, tokens, network, onSessionLost };
  }

  /** An access token lives 900 s. */
  const expireAccessTokens = () => service.clock.advance(901);

  /** Signed in as ada. */
  async function signedIn(options: Partial<ClientOptions> = {}) {
    const one = signedOut(options);
    await one.client.login('ada', PASSWORD);
    return one;
  }

  return {
    serviceUrl: service.url,
    /** A client that was given an address only. */
    plainClient: service.client,
    /** Another client on the same tokens. */
    secondTab: ({ tokens, network: { fetch }, onSessionLost }: SignedIn) =>
      createClient({ baseUrl: service.url, tokens, fetch, onSessionLost }),
    signedOut,
    signedIn,
    expireAccessTokens,
    /** Signed in as ada, with an access token that has expired. */
    async signedInLongAgo(options?: Partial<ClientOptions>) {
      const one = await signedIn(options);
      expireAccessTokens();
      return one;
    },
  };
}

/** A client with all that a test looks at. */
export interface SignedIn {
  client: Client;
  tokens: TokenStore;
  network: Network;
  onSessionLost: Mock<() => void>;
}

export async function tokensIn(store: TokenStore): Promise<Tokens> {
  const tokens = await store.get();
  if (!tokens) throw new Error('the store has no tokens');
  return tokens;
}

/** A store that answers a turn of the event loop later, and `null` when it is empty. */
export function slowTokens(): TokenStore {
  const store = memoryTokens();
  return {
    get: async () => (await yieldToEventLoop().then(store.get)) ?? null,
    set: (tokens) => yieldToEventLoop().then(() => store.set(tokens)),
    clear: () => yieldToEventLoop().then(store.clear),
  };
}

/** A store in memory with a lock, and the purposes for which the lock was held. */
export function lockedTokens() {
  const held: string[] = [];
  const name = crypto.randomUUID();
  const lock: TokenStore['lock'] = async (purpose, action) =>
    await navigator.locks.request(`${name}:${purpose}`, () => {
      held.push(purpose);
      return action();
    });
  return { tokens: { ...memoryTokens(), lock }, held };
}

/** A store in memory, and a way to let bob sign in between its next look and its answer. */
export function interruptedTokens() {
  const store = memoryTokens();
  const get = vi.fn(store.get);
  /** Lets bob sign in at the look that follows the next answer on this route. */
  function logInAtLook({ client, network }: SignedIn, route: string) {
    const logins: Promise<unknown>[] = [];
    network.next(route, async (request, send) => {
      const answered = network.answered + 2; // this answer and that of the login
      get.mockImplementationOnce(async () => {
        const tokens = await store.get();
        logins.push(client.login('bob', PASSWORD));
        await expect.poll(() => network.answered).toBe(answered);
        await yieldToEventLoop(); // the login would have written by now
        return tokens;
      });
      return send(request);
    });
    return logins;
  }
  return { tokens: { ...store, get }, logInAtLook };
}

export async function titlesWith(client: Client, q: string): Promise<string[]> {
  const titles: string[] = [];
  for await (const { title } of client.todos({ q })) titles.push(title);
  return titles;
}

export const routes = (sent: Sent[]) => sent.map(({ route }) => route);
export const bearers = (sent: Sent[]) => sent.map(({ headers }) => headers.get('Authorization'));
export const keys = (sent: Sent[]) => sent.map(({ headers }) => headers.get('Idempotency-Key'));
