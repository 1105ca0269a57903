// The users of a run, deleted at its end.
import type { components, operations } from '../../generated/openapi.d.ts';
import { observe } from './client.ts';
import { NoAnswer } from './difference.ts';
import { holds, refuses, succeeds } from './expect.ts';
import { api, target } from './target.ts';

export type TokenPair = components['schemas']['TokenPair'];
export type User = components['schemas']['User'];

export interface Credentials {
  username: string;
  password: string;
}

export interface Person extends Credentials {
  user: User;
  /** The answer to the registration. */
  result: { response: Response };
  /** A session that is live during the whole run. */
  tokens: TokenPair;
}

/** The users to delete at the end, by username. */
const registered = new Map<string, Credentials>();

observe(({ operation, request, response }) => {
  if (operation?.operationId !== 'register' || response.status !== 201) return;
  const credentials: Credentials = JSON.parse(request.body);
  registered.set(credentials.username, credentials);
});

/** A username and a password that are new. */
export function newCredentials(): Credentials {
  const id = crypto.randomUUID();
  return { username: `contract-${id}`, password: `password-${id}` };
}

/** A new user, signed in. */
export async function signUp(credentials = newCredentials()): Promise<Person> {
  const result = await api.POST('/auth/register', { body: credentials });
  const user = succeeds(result, 201);
  return { ...credentials, user, result, tokens: await signIn(credentials) };
}

/** A new session. */
export async function signIn({ username, password }: Credentials): Promise<TokenPair> {
  return succeeds(await api.POST('/auth/login', { body: { username, password } }), 200);
}

/** Refreshes a session by its refresh token in the body. */
export function refresh(
  { refresh_token }: Pick<TokenPair, 'refresh_token'>,
  header: NonNullable<operations['refresh']['parameters']['header']> = {},
) {
  return api.POST('/auth/refresh', { params: { header }, body: { refresh_token } });
}

/** A session does not work any more. */
export async function isOver(session: TokenPair): Promise<void> {
  refuses(await api.GET('/auth/me', as(session)), 'session_ended');
  refuses(await refresh(session), 'invalid_refresh_token');
}

/** A session works. Its refresh token is spent. */
export async function isLive(session: TokenPair): Promise<void> {
  succeeds(await api.GET('/auth/me', as(session)), 200);
  succeeds(await refresh(session), 200);
}

/** The current session, from the list of sessions. */
export async function currentSession(tokens: Pick<TokenPair, 'access_token'>) {
  const result = await api.GET('/auth/sessions', as(tokens));
  const [current, ...others] = succeeds(result, 200).filter((session) => session.current);
  holds(result, 'Whether this is the session', [current !== undefined, others], [true, []]);
  // holds has just seen that there is one
  return { ...(current as NonNullable<typeof current>), result };
}

/** The credentials of a session, for a request. */
export function as({ access_token }: Pick<TokenPair, 'access_token'>) {
  return { headers: { Authorization: `Bearer ${access_token}` } };
}

/** Two users that checks share. No check ends the sessions in `tokens`. */
export const ada = once(() => signUp());
export const bob = once(() => signUp());

/** Makes something once for each service that a run is aimed at. */
export function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  const made = new Map<string, Promise<Value>>();
  return () => {
    const value = made.get(target.baseUrl) ?? make();
    made.set(target.baseUrl, value);
    return value;
  };
}

/** A check has deleted the user itself. */
export function isDeleted(username: string): void {
  registered.delete(username);
}

/**
 * Deletes all users that were registered.
 * @returns the usernames of those that could not be deleted
 */
export async function cleanUp(): Promise<string[]> {
  const left = new Set(registered.keys());
  for (const person of registered.values()) {
    const error = await forget(person).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) left.delete(person.username);
    if (error instanceof NoAnswer) break; // the others would have to wait for nothing
  }
  registered.clear();
  return [...left];
}

async function forget(person: Credentials): Promise<void> {
  const body = { current_password: person.password };
  succeeds(await api.DELETE('/auth/me', { ...as(await signIn(person)), body }), 204);
}
