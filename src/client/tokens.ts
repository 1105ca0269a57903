import type { components } from '../../generated/openapi.d.ts';

/** The response of a login and of a refresh. */
export type TokenPair = components['schemas']['TokenPair'];

/**
 * The tokens of a signed-in client. A store keeps all members: `login_id` and `refresh_key`, which the
 * service does not know, make a repeated refresh safe.
 */
export interface Tokens extends TokenPair {
  /** Made at login and kept by every refresh: distinguishes one login from another. */
  login_id: string;
  /**
   * The `Idempotency-Key` of the refresh that will use `refresh_token`. It is stored with the
   * token. So a refresh that is repeated, after a lost response or a reload, or by another tab, has the
   * same key and gets the same successor.
   */
  refresh_key: string;
}

export type Maybe<Value> = Value | null | undefined;

/**
 * Where a client keeps its tokens: memory by default, `localStorage`, a keychain, a file. Each
 * method may return a value or a promise. If one throws, the request that needed it rejects
 * with the same error.
 *
 * @example
 * const inFile: TokenStore = {
 *   get: async () => JSON.parse(await readFile(path, 'utf8').catch(() => 'null')),
 *   set: (tokens) => writeFile(path, JSON.stringify(tokens), { mode: 0o600 }),
 *   clear: () => rm(path, { force: true }),
 * };
 */
export interface TokenStore {
  /** The tokens as they are now; `undefined` or `null` if the user is signed out. */
  get(): Maybe<Tokens> | Promise<Maybe<Tokens>>;
  /** Replaces the tokens. */
  set(tokens: Tokens): void | Promise<void>;
  /** Forgets the tokens. */
  clear(): void | Promise<void>;
  /**
   * Runs an action while no other client on this store (in another tab, say) runs one for the same
   * purpose. A store that only one client uses needs none.
   */
  lock?<Value>(purpose: 'refresh' | 'write', action: () => Promise<Value>): Promise<Value>;
}

/** A store that lives as long as the program. */
export function memoryTokens(): TokenStore {
  let tokens: Tokens | undefined;
  return {
    get: () => tokens,
    set: (value) => {
      tokens = value;
    },
    clear: () => {
      tokens = undefined;
    },
  };
}
