// The client that the whole page uses, and the state of its session.
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

/** The id of the login whose tokens are stored. All tabs have the same one. */
export const login = signal(tokens.get()?.login_id);
tokens.subscribe(() => {
  login.value = tokens.get()?.login_id;
});

/** The tokens after the last answer. */
export const current = computed(() => {
  void exchanges.value;
  return login.value === undefined ? undefined : tokens.get();
});

export const username = computed(() => {
  const token = current.value?.access_token;
  return token === undefined ? undefined : String(claimsOf(token)['sub']);
});

/** The claims of an access token. The page does not verify the signature. */
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

/** @throws {ProblemError} if the service answers with an error; the error of `fetch` without an answer */
export async function unwrap<
  Result extends { data?: unknown; error?: unknown; response: Response },
>(call: Promise<Result>): Promise<Extract<Result, { error?: never }>> {
  const result = await call;
  if (!result.response.ok) throw new ProblemError(result.response, result.error);
  return result as Extract<Result, { error?: never }>; // an answer that is ok has no error
}

/** A sentence for the user. */
export function explain(error: unknown): string {
  if (!(error instanceof ProblemError)) return 'The service cannot be reached. Please try again.';
  const { problem, response } = error;
  const faults = problem?.errors?.map(({ message }) => message).join(' ');
  const wait = response.headers.get('Retry-After');
  const seconds = response.status === 429 && wait ? ` (in ${wait} s)` : '';
  return `${faults || error.message}${seconds}`;
}

/** The status of an error answer; `undefined` without an answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ProblemError ? error.response.status : undefined;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10_000;

/** While the service cannot be reached, asks with increasing pauses until it answers. */
effect(() => {
  if (isReachable.value) return;
  let wait = FIRST_WAIT_MS;
  let timer: ReturnType<typeof setTimeout>;
  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    client.GET('/healthz').catch(() => undefined); // `send` updates `isReachable`
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
