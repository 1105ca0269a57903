import type { components } from '../../generated/openapi.d.ts';

/** What a login and a refresh answer. */
export type TokenPair = components['schemas']['TokenPair'];

/**
 * What a signed-in client remembers. Keep it whole: the two members that the service does not know
 * are what makes a repeated refresh safe.
 */
export interface Tokens extends TokenPair {
  /** Made at login and kept by every refresh: tells the tokens of one login from another's. */
  login_id: string;
  /**
   * The `Idempotency-Key` of the refresh that will spend `refresh_token`. It is stored with the
   * token so that whoever repeats that refresh (this client after a lost response, the page after
   * a reload, another tab on the same store) repeats it under the same key and is answered the
   * same successor.
   */
  refresh_key: string;
}

export type Maybe<Value> = Value | null | undefined;

/**
 * Where a client keeps its tokens: memory by default, `localStorage`, a keychain, a file. Each
 * method may answer at once or with a promise. What one throws, the request that needed it rejects
 * with.
 *
 * @example
 * const inBrowser: TokenStore = {
 *   get: () => JSON.parse(localStorage.getItem('tokens') ?? 'null'),
 *   set: (tokens) => localStorage.setItem('tokens', JSON.stringify(tokens)),
 *   clear: () => localStorage.removeItem('tokens'),
 * };
 */
export interface TokenStore {
  /** The tokens as they are now; `undefined` or `null` when nobody is signed in. */
  get(): Maybe<Tokens> | Promise<Maybe<Tokens>>;
  /** Keeps these tokens instead of whatever was there. */
  set(tokens: Tokens): void | Promise<void>;
  /** Forgets the tokens. */
  clear(): void | Promise<void>;
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
