// Users and their sessions: through the API, or inserted without the work of hashing a password.
import { v7 as uuid } from 'uuid';
import { expect } from 'vitest';
import { type AccessTokenOptions, mintAccessToken } from '../../src/auth/access-token.ts';
import { importSecret } from '../../src/auth/keys.ts';
import { type SessionLifetimes, startSession } from '../../src/auth/session-repository.ts';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/database/connect.ts';
import type { Schema } from '../../src/http/operation.ts';
import { type Answer, send } from './http.ts';
import { JWT_SECRET, type TestService } from './service.ts';

/** The user that a new database on a loopback address comes with. */
export const DEMO = { username: 'testuser', password: 'testpass123' };

export const PASSWORD = 'correct horse battery staple';

export async function signIn(service: { url: string }, credentials = DEMO): Promise<Pair> {
  const response = await send(service, { method: 'POST', path: '/auth/login', body: credentials });
  expect(response.status).toBe(200);
  return response.json();
}

/** Registers a user. A name that is taken is no error: the sign-in that follows decides. */
function register(service: { url: string }, body: typeof DEMO): Promise<Response> {
  return send(service, { method: 'POST', path: '/auth/register', body });
}

/** Registers a user and signs in. */
export async function signUp(
  service: { url: string },
  username: string,
  password = PASSWORD,
): Promise<Pair> {
  const credentials = { username, password };
  await register(service, credentials);
  return signIn(service, credentials);
}

/** A typed client that is signed in. */
export async function signedInClient(
  service: TestService,
  { username, password }: typeof DEMO = DEMO,
) {
  const client = service.client();
  const { response } = await client.login(username, password);
  expect(response.status).toBe(200);
  return client;
}

/** A typed client of a new user. */
export async function newUserClient(service: TestService) {
  const credentials = { username: `user-${uuid()}`, password: PASSWORD };
  await register(service, credentials);
  return signedInClient(service, credentials);
}

/** The body of a 200 of login or refresh. */
export type Pair = Schema<'TokenPair'>;

/** @throws Error for any other response */
export function pairOf({ status, text }: Answer): Pair {
  if (status !== 200) throw new Error(text);
  return JSON.parse(text);
}

/** What every service has unless its variables say otherwise, except for the reuse leeway of 0. */
export const LIFETIMES: SessionLifetimes = {
  idleMs: 30 * 86_400_000,
  absoluteMs: 90 * 86_400_000,
  reuseLeewayMs: 0,
};

const keys = await importSecret(JWT_SECRET);

/** Of a service whose JWT_SECRET is that of the tests. */
export const TOKENS: AccessTokenOptions = {
  keys: () => keys,
  issuer: 'openapi-todos',
  audience: 'openapi-todos',
  lifetimeMs: 900_000,
};

export interface SeededUser {
  userId: string;
  username: string;
}

/** Inserts a user. Without the hash of a password a sign-in is impossible. */
export async function seedUser(
  db: Db,
  { username = `user-${uuid()}`, passwordHash = 'none' } = {},
): Promise<SeededUser> {
  const userId = uuid();
  const name = { username, username_key: username.toLowerCase() };
  const user = { id: userId, ...name, password_hash: passwordHash, created_at: 0 };
  await db.insertInto('users').values(user).execute();
  return { userId, username };
}

export interface SeededSession {
  id: string;
  access: string;
  refresh: string;
}

/** A session of that user, without the work of a login. */
export async function seedSession(
  { db, clock }: { db: Db; clock: Clock },
  { userId, username }: SeededUser,
): Promise<SeededSession> {
  const client = { address: '192.0.2.1', userAgent: 'seed' };
  const now = clock.now();
  const grant = await startSession(db, { userId, client, now, lifetimes: LIFETIMES });
  const access = await mintAccessToken(TOKENS, grant.session, username, now);
  return { id: grant.session.id, access, refresh: grant.refreshToken };
}
