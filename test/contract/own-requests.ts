// Bodies and sessions for the operations of auth, which no schema describes.

import { observe } from './client.ts';
import { succeeds } from './expect.ts';
import { isOwnContract } from './own.ts';
import { ada, as, newCredentials, once, signIn, signUp, type TokenPair } from './people.ts';
import { api, target } from './target.ts';

/** The user of the checks that come from the document. */
const eve = once(() => signUp());

/** A user whose sessions these checks end. */
const fay = once(() => signUp());

/** A user all of whose sessions these checks end. */
const gil = once(() => signUp());

/** Operations that end sessions, or that count wrong passwords of their user. */
const OF_FAY = ['logout', 'revokeSessions', 'changePassword', 'deleteCurrentUser'];

const spareTokens = once(async () => signIn(await eve()));

const BODIES: Record<string, (isFresh: boolean) => Promise<object>> = {
  register: async () => newCredentials(),
  login: async () => newCredentials(), // of no user: the password of a user would be changed
  refresh: async (isFresh) => {
    const { refresh_token } = isFresh ? await signIn(await eve()) : await spareTokens();
    return { refresh_token };
  },
  logout: async () => ({}),
  changePassword: async () => {
    const { password } = await fay();
    return { current_password: `not ${password}`, new_password: password };
  },
  deleteCurrentUser: async () => ({ current_password: `not ${(await fay()).password}` }),
};

/** A body that cannot be made from its schema. */
export async function ownBody(id: string, isFresh: boolean): Promise<object | undefined> {
  return isOwnContract ? BODIES[id]?.(isFresh) : undefined;
}

/** Whether an operation may reject a body that its schema allows. */
export function hasOwnBody(id: string): boolean {
  return isOwnContract && id in BODIES;
}

/** The id of an item that no operation creates. */
export async function ownId(parameter: string): Promise<string | undefined> {
  if (!isOwnContract || parameter !== 'session_id') return undefined;
  const sessions = succeeds(await api.GET('/auth/sessions', as(await signIn(await eve()))), 200);
  return sessions.find(({ current }) => current)?.id;
}

/** A session of fay's for requests that are rejected, by the URL of the service. */
const spareSessions = new Map<string, Promise<TokenPair>>();

// A request that was accepted has ended it.
observe(({ operation, response }) => {
  if (OF_FAY.includes(operation?.operationId ?? '') && response.status < 300) spareSessions.clear();
});

function spareSession(): Promise<TokenPair> {
  const session = spareSessions.get(target.baseUrl) ?? fay().then(signIn);
  spareSessions.set(target.baseUrl, session);
  return session;
}

export async function ownSession(id: string, isFresh: boolean): Promise<Record<string, string>> {
  if (!OF_FAY.includes(id)) return as((await eve()).tokens).headers;
  if (!isFresh) return as(await spareSession()).headers;
  return as(await signIn(await (id === 'revokeSessions' ? gil() : fay()))).headers;
}

/** A session of eve's that has ended. */
const endedTokens = once(async () => {
  const tokens = await signIn(await eve());
  succeeds(await api.POST('/auth/logout', as(tokens)), 200);
  return tokens;
});

export async function endedSession(): Promise<Record<string, string>> {
  return as(await endedTokens()).headers;
}

/** Another user, who cannot see eve's items. */
export async function strangersSession(): Promise<Record<string, string>> {
  return as((await ada()).tokens).headers;
}
