import { errors, jwtVerify, SignJWT } from 'jose';
import type { KeySet } from './keys.ts';
import type { LiveSession } from './session-repository.ts';

export interface AccessTokenOptions {
  /** Returns the current keys; called once for each token. */
  keys: () => KeySet;
  issuer: string;
  audience: string;
  lifetimeMs: number;
}

/** Far longer than any token of the service. */
const MAX_TOKEN_CHARACTERS = 4096;

/**
 * Mints a JWT with the user (`sub`) and the session (`sid`), signed with the first key. It never
 * outlives its session.
 */
export function mintAccessToken(
  { keys, issuer, audience, lifetimeMs }: AccessTokenOptions,
  session: LiveSession,
  username: string,
  now: number,
): Promise<string> {
  const { kid, algorithm, signingKey } = keys().first;
  const end = Math.min(now + lifetimeMs, session.absoluteExpiresAt);
  return new SignJWT({ sid: session.id })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid })
    .setSubject(username)
    .setJti(crypto.randomUUID())
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(toSeconds(now))
    .setExpirationTime(toSeconds(end))
    .sign(signingKey);
}

/** The claims of a valid access token that the service uses. */
export interface AccessTokenClaims {
  username: string;
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** How many verified tokens a process caches; each takes some kilobytes. */
const MAX_CACHED_TOKENS = 10_000;

/**
 * Makes a verifier that caches valid tokens, so that each is verified once. It drops a token when it
 * expires, the oldest token when the cache is full, and all tokens when the keys change.
 */
export function createAccessTokenVerifier(options: AccessTokenOptions) {
  const cache = new Map<string, AccessTokenClaims>();
  let keys = options.keys();
  return async (token: string, now: number): Promise<AccessTokenClaims | 'expired' | 'invalid'> => {
    if (keys !== options.keys()) {
      keys = options.keys();
      cache.clear();
    }
    const cached = cache.get(token);
    if (cached && now < cached.expiresAt) return cached;
    const verifiedWith = keys;
    const claims = await verifyAccessToken(options, token, now);
    cache.delete(token);
    if (typeof claims === 'string' || verifiedWith !== options.keys()) return claims;
    const [oldest] = cache.keys();
    if (cache.size >= MAX_CACHED_TOKENS && oldest !== undefined) cache.delete(oldest);
    cache.set(token, claims);
    return claims;
  };
}

/**
 * Verifies a token as RFC 8725 recommends: its algorithm is that of its key, `typ`, `iss` and `aud` are
 * ours, and it has every claim that we set. `iat` may be in the future: another node's clock set it.
 */
export async function verifyAccessToken(
  { keys, issuer, audience }: AccessTokenOptions,
  token: string,
  now: number,
): Promise<AccessTokenClaims | 'expired' | 'invalid'> {
  if (token.length > MAX_TOKEN_CHARACTERS) return 'invalid';
  const { byId } = keys();
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid = '', alg }) => {
        const key = byId.get(kid);
        if (key?.algorithm !== alg) throw new errors.JWKSNoMatchingKey();
        return key.verificationKey;
      },
      {
        algorithms: [...new Set([...byId.values()].map((key) => key.algorithm))],
        typ: 'JWT',
        issuer,
        audience,
        requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
        currentDate: new Date(now),
      },
    );
    const { sub, exp, ['sid']: sessionId } = payload;
    if (typeof sub !== 'string' || typeof sessionId !== 'string') return 'invalid';
    return { username: sub, sessionId, expiresAt: (exp ?? 0) * 1000 };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'expired';
    if (error instanceof errors.JOSEError) return 'invalid';
    throw error;
  }
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
