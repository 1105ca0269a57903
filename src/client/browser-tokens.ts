import type { TokenStore, Tokens } from './tokens.ts';

/** A store that all tabs of an origin share, and that a page can watch. */
export interface BrowserTokens extends TokenStore {
  get(): Tokens | undefined;
  /**
   * Calls a listener after each sign-in and sign-out, in this tab or another; a refresh is neither.
   *
   * @returns a function that ends the subscription.
   */
  subscribe(listener: () => void): () => void;
}

/**
 * How long a tab waits for another's lock, in milliseconds: longer than a refresh may take. A tab
 * that the browser has suspended must not block the others.
 */
const LOCK_TIMEOUT_MS = 15_000;

/**
 * How long a lock is kept after its action, in milliseconds: tabs in other processes see a write to
 * `localStorage` a little later, and the next holder of the lock must see it.
 */
const STORAGE_DELAY_MS = 100;

/**
 * A store in `localStorage`: sign-ins outlive the tab, and all tabs of the origin share them. With
 * Web Locks, one tab refreshes for all. Where the browser has none (a page on plain `http`), two tabs
 * may send the same refresh; the service gives both the same token pair.
 *
 * Where the browser blocks `localStorage`, the tokens are in memory and each page signs in by itself.
 *
 * @param name the key in `localStorage`: clients of different services need different ones.
 */
export function browserTokens(name = 'openapi-todos'): BrowserTokens {
  const storage = openStorage(name);
  const changed = `tokens:${name}`; // `storage` events reach the other tabs only

  function get(): Tokens | undefined {
    try {
      return JSON.parse(storage.getItem(name) ?? '') as Tokens; // this store wrote it
    } catch {
      return undefined; // there is none, or it is damaged
    }
  }

  return {
    get,
    set(tokens) {
      storage.setItem(name, JSON.stringify(tokens));
      dispatchEvent(new Event(changed));
    },
    clear() {
      storage.removeItem(name);
      dispatchEvent(new Event(changed));
    },
    lock: (purpose, action) => withLock(`${name}:${purpose}`, action),
    subscribe(listener) {
      let login = get()?.login_id;
      const check = () => {
        const current = get()?.login_id;
        if (current === login) return;
        login = current;
        listener();
      };
      // A page that the browser takes out of its back/forward cache has missed events.
      const events = ['storage', 'pageshow', changed];
      for (const event of events) addEventListener(event, check);
      return () => {
        for (const event of events) removeEventListener(event, check);
      };
    },
  };
}

function openStorage(name: string): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  try {
    localStorage.getItem(name);
    return localStorage;
  } catch {
    const items = new Map<string, string>();
    return {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    };
  }
}

/** Runs an action under a Web Lock, or without one if there is none to be had. */
function withLock<Value>(name: string, action: () => Promise<Value>): Promise<Value> {
  const locks: LockManager | undefined = navigator.locks; // missing on pages over plain `http`
  if (!locks) return action();
  return new Promise((resolve) => {
    const run = () => {
      const result = action();
      resolve(result);
      return result;
    };
    const signal = AbortSignal.timeout(LOCK_TIMEOUT_MS);
    const hold = async () => {
      await Promise.allSettled([run()]);
      await new Promise((done) => setTimeout(done, STORAGE_DELAY_MS));
    };
    locks.request(name, { signal }, hold).catch(run);
  });
}
