import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { type Mock, vi } from 'vitest';
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

  return {
    serviceUrl: service.url,
    /** A client that was given an address only. */
    plainClient: service.client,
    /** Another client on the same tokens. */
    secondTab: ({ tokens, network: { fetch }, onSessionLost }: SignedIn) =>
      createClient({ baseUrl: service.url, tokens, fetch, onSessionLost }),
    signedOut,
    /** Signed in as ada. */
    async signedIn(options: Partial<ClientOptions> = {}) {
      const one = signedOut(options);
      await one.client.login('ada', PASSWORD);
      return one;
    },
    /** An access token lives 900 s. */
    expireAccessTokens: () => service.clock.advance(901),
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
  const last = { refresh: Promise.resolve(), write: Promise.resolve() };
  const lock: TokenStore['lock'] = (purpose, action) => {
    const result = last[purpose].then(() => {
      held.push(purpose);
      return action();
    });
    last[purpose] = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  };
  return { tokens: { ...memoryTokens(), lock }, held };
}

/** A store in memory, and a way to let something happen between its next look and its answer. */
export function interruptedTokens() {
  const store = memoryTokens();
  const get = vi.fn(store.get);
  const interruptLook = (action: () => Promise<unknown>) =>
    get.mockImplementationOnce(async () => {
      const tokens = await store.get();
      await action();
      return tokens;
    });
  return { tokens: { ...store, get }, interruptLook };
}

export async function titlesWith(client: Client, q: string): Promise<string[]> {
  const titles: string[] = [];
  for await (const { title } of client.todos({ q })) titles.push(title);
  return titles;
}

export const routes = (sent: Sent[]) => sent.map(({ route }) => route);
export const bearers = (sent: Sent[]) => sent.map(({ headers }) => headers.get('Authorization'));
export const keys = (sent: Sent[]) => sent.map(({ headers }) => headers.get('Idempotency-Key'));
