// The client that the whole page uses, and what it knows of the service.
import { computed, effect, signal } from '@preact/signals';
import { browserTokens, createClient, ProblemError } from '../client/index.ts';
import { exchanges, isReachable, send } from './exchanges.ts';
import { notify } from './notices.ts';
import { readSettings } from './settings.ts';

export const tokens = browserTokens();

export const settings = readSettings();

export const client = createClient({
  baseUrl: document.baseURI.replace(/\/$/, ''),
  tokens,
  fetch: send,
  onSessionLost: () => notify('Your session has ended. Please sign in again.'),
});

/** The login whose tokens the store has; all tabs agree on it. */
export const login = signal(tokens.get()?.login_id);
tokens.subscribe(() => {
  login.value = tokens.get()?.login_id;
});

/** The tokens as they are after the last answer. */
export const current = computed(() => {
  void exchanges.value;
  return login.value === undefined ? undefined : tokens.get();
});

export const username = computed(() => {
  const token = current.value?.access_token;
  return token === undefined ? undefined : String(claimsOf(token)['sub']);
});

/** What an access token says; nobody checks its signature here. */
export function claimsOf(token: string): Record<string, unknown> {
  return decodePart(token, 1);
}

export function decodePart(token: string, index: 0 | 1): Record<string, unknown> {
  const part = token.split('.')[index] ?? '';
  const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
    character.charCodeAt(0),
  );
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** @throws {ProblemError} when the service refuses; what `fetch` throws when there is no answer */
export async function unwrap<
  Result extends { data?: unknown; error?: unknown; response: Response },
>(call: Promise<Result>): Promise<Extract<Result, { error?: never }>> {
  const result = await call;
  if (!result.response.ok) throw new ProblemError(result.response, result.error);
  return result as Extract<Result, { error?: never }>; // an answer that is ok has no error
}

/** A sentence for the person at the page. */
export function explain(error: unknown): string {
  if (!(error instanceof ProblemError)) return 'The service cannot be reached. Please try again.';
  const { problem, response } = error;
  const faults = problem?.errors?.map(({ message }) => message).join(' ');
  const wait = response.headers.get('Retry-After');
  const seconds = response.status === 429 && wait ? ` (in ${wait} s)` : '';
  return `${faults || error.message}${seconds}`;
}

/** The status of a refusal; `undefined` when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ProblemError ? error.response.status : undefined;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10_000;

/** Asks until there is an answer again. */
effect(() => {
  if (isReachable.value) return;
  let wait = FIRST_WAIT_MS;
  let timer: ReturnType<typeof setTimeout>;
  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    client.GET('/healthz').catch(() => undefined); // `send` sees whether it is answered
  };
  timer = setTimeout(ask, wait);
  addEventListener('online', ask);
  return () => {
    clearTimeout(timer);
    removeEventListener('online', ask);
  };
});
addEventListener('offline', () => {
  isReachable.value = false;
});
