import type { Db } from '../database/connect.ts';
import type { Authentication } from '../http/contract.ts';
import type { Principal } from '../http/operation.ts';
import { type ProblemCode, problem } from '../http/problem.ts';
import { type AccessTokenOptions, createAccessTokenVerifier } from './access-token.ts';
import { findLiveSession } from './session-repository.ts';

/** The scheme's name is case-insensitive (RFC 9110 §11.1). */
const BEARER_SCHEME = /^Bearer(?![^ ])/i;
/** The syntax of RFC 6750 §2.1. */
const BEARER_CREDENTIALS = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * Makes the handler of the security scheme `bearerAuth`. It accepts a valid access token with a live
 * session. It looks the session up at every request, so a logout takes effect at the next one.
 */
export function createBearerAuth(db: Db, tokens: AccessTokenOptions, now: () => number) {
  const verify = createAccessTokenVerifier(tokens);
  return async (authorization: string | undefined): Promise<Authentication<Principal>> => {
    if (authorization === undefined || !BEARER_SCHEME.test(authorization)) {
      // Credentials of another scheme count as none (RFC 6750 §3.1).
      return reject('authentication_required', 'Authentication required');
    }
    const token = BEARER_CREDENTIALS.exec(authorization)?.[1];
    const claims = token ? await verify(token, now()) : 'invalid';
    if (claims === 'invalid') return reject('invalid_access_token', 'Invalid access token');
    if (claims === 'expired') return reject('access_token_expired', 'Access token expired');
    const { sessionId, username } = claims;
    const session = await findLiveSession(db, sessionId, now());
    if (!session) return reject('session_ended', 'You have been logged out. Please log in again.');
    return { principal: { userId: session.userId, username, sessionId } };
  };
}

function reject(code: ProblemCode, detail: string) {
  return { rejection: problem(401, code, detail) };
}
