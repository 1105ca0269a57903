import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { browserTokens } from '../../src/client/index.ts';

const tokens = {
  access_token: 'access',
  refresh_token: 'refresh',
  login_id: 'login',
  refresh_key: 'key',
};

/** The parts of a browser that the store uses. */
function stubBrowser() {
  const items = new Map<string, string>();
  const localStorage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
  const window = new EventTarget();
  vi.stubGlobal('localStorage', localStorage);
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window));
  vi.stubGlobal('dispatchEvent', window.dispatchEvent.bind(window));
  return { items, notify: (event: string) => window.dispatchEvent(new Event(event)) };
}

let page: ReturnType<typeof stubBrowser>;
beforeEach(() => {
  page = stubBrowser();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('browserTokens', () => {
  test('keeps the tokens in localStorage until they are cleared', () => {
    const store = browserTokens();
    expect(store.get()).toBeUndefined();
    store.set(tokens);
    expect(browserTokens().get()).toEqual(tokens);
    expect([...page.items.keys()]).toEqual(['openapi-todos']);
    store.clear();
    expect(page.items).toEqual(new Map());
  });

  test('keeps the tokens of stores with different names apart', () => {
    browserTokens('one').set(tokens);
    expect(browserTokens('two').get()).toBeUndefined();
  });

  test('treats a damaged entry as signed out', () => {
    page.items.set('openapi-todos', '{"access_token":');
    expect(browserTokens().get()).toBeUndefined();
  });

  test('keeps the tokens in memory where the browser blocks localStorage', () => {
    const blocked = () => {
      throw new DOMException('Access is denied for this document', 'SecurityError');
    };
    vi.stubGlobal('localStorage', { getItem: blocked });
    const store = browserTokens();
    store.set(tokens);
    expect(store.get()).toEqual(tokens);
    expect(browserTokens().get()).toBeUndefined();
    store.clear();
    expect(store.get()).toBeUndefined();
  });
});

describe('a subscriber of browserTokens', () => {
  test('is called after a sign-in and a sign-out, not after a refresh', () => {
    const store = browserTokens();
    const logins: unknown[] = [];
    store.subscribe(() => logins.push(store.get()?.login_id));
    store.clear();
    store.set(tokens);
    store.set({ ...tokens, refresh_token: 'next' });
    store.set({ ...tokens, login_id: 'other' });
    store.clear();
    expect(logins).toEqual(['login', 'other', undefined]);
  });

  test.each(['storage', 'pageshow'])('is called when the event %s shows a sign-out', (event) => {
    const store = browserTokens();
    store.set(tokens);
    const listener = vi.fn();
    store.subscribe(listener);
    page.notify(event);
    expect(listener).not.toHaveBeenCalled();
    page.items.clear(); // by another tab
    page.notify(event);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test('is called for another store of the same name on the same page', () => {
    const listener = vi.fn();
    browserTokens().subscribe(listener);
    browserTokens().set(tokens);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test('is not called after it has unsubscribed', () => {
    const store = browserTokens();
    const listener = vi.fn();
    const unsubscribe = store.subscribe(listener);
    unsubscribe();
    store.set(tokens);
    page.notify('storage');
    expect(listener).not.toHaveBeenCalled();
  });
});

describe('the lock of browserTokens', () => {
  /** Starts an action and does not let it end. */
  function hold(store = browserTokens(), purpose: 'refresh' | 'write' = 'refresh') {
    const end = Promise.withResolvers<string>();
    const action = vi.fn(() => end.promise);
    const held = store.lock?.(purpose, action);
    return { action, held, end };
  }

  test('runs one action at a time for each name and purpose', async () => {
    const first = hold();
    const second = hold();
    const others = [hold(browserTokens(), 'write'), hold(browserTokens('other'))];
    await vi.waitFor(() => expect(first.action).toHaveBeenCalled());
    for (const { action } of others) await vi.waitFor(() => expect(action).toHaveBeenCalled());
    expect(second.action).not.toHaveBeenCalled();
    first.end.resolve('done');
    expect(await first.held).toBe('done');
    await vi.waitFor(() => expect(second.action).toHaveBeenCalled());
    for (const { end } of [second, ...others]) end.resolve('');
  });

  test('rejects if the action does, and is released', async () => {
    const action = vi.fn(() => Promise.reject(new Error('no network')));
    await expect(browserTokens().lock?.('refresh', action)).rejects.toThrow('no network');
    expect(action).toHaveBeenCalledTimes(1);
    const second = hold();
    second.end.resolve('done');
    expect(await second.held).toBe('done');
  });

  test('does not wait more than 15 seconds for a tab that does not release it', async () => {
    const suspended = hold();
    await vi.waitFor(() => expect(suspended.action).toHaveBeenCalled());
    const clock = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(clock.signal);
    const second = hold();
    expect(second.action).not.toHaveBeenCalled();
    clock.abort(new DOMException('It took too long', 'TimeoutError'));
    second.end.resolve('done');
    expect(await second.held).toBe('done');
    expect(timeout).toHaveBeenCalledWith(15_000);
    suspended.end.resolve('');
  });

  test('runs every action at once where the browser has no Web Locks', async () => {
    vi.stubGlobal('navigator', {});
    const both = [hold(), hold()];
    for (const { action, end } of both) {
      expect(action).toHaveBeenCalledTimes(1);
      end.resolve('done');
    }
    expect(await Promise.all(both.map(({ held }) => held))).toEqual(['done', 'done']);
  });
});
