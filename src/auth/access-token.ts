import { errors, jwtVerify, SignJWT } from 'jose';
import type { KeySet } from './keys.ts';
import type { LiveSession } from './session-repository.ts';

export interface AccessTokenOptions {
  /** The keys that hold now: asked for once a token. */
  keys: () => KeySet;
  issuer: string;
  audience: string;
  /** Milliseconds. */
  lifetimeMs: number;
}

/** No token that the service makes comes near it. */
const MAX_TOKEN_CHARACTERS = 4096;

/**
 * A JWT that names its user (`sub`) and its session (`sid`), signed with the first key. It ends
 * with its session at the latest.
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

/** What a good access token says. */
export interface AccessTokenClaims {
  username: string;
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** How many verified tokens a process remembers: some kilobytes each. */
const MAX_CACHED_TOKENS = 10_000;

/**
 * Makes a verifier that remembers good tokens, so that each is verified once. It forgets a token when
 * it expires, the oldest when there are too many, and all of them when the keys change.
 */
export function createAccessTokenVerifier(options: AccessTokenOptions) {
  const remembered = new Map<string, AccessTokenClaims>();
  let keys = options.keys();
  return async (token: string, now: number): Promise<AccessTokenClaims | 'expired' | 'invalid'> => {
    if (keys !== options.keys()) {
      keys = options.keys();
      remembered.clear();
    }
    const known = remembered.get(token);
    if (known && now < known.expiresAt) return known;
    const verifiedWith = keys;
    const claims = await verifyAccessToken(options, token, now);
    if (typeof claims === 'string') remembered.delete(token);
    else if (verifiedWith === options.keys()) remember(token, claims);
    return claims;
  };

  function remember(token: string, claims: AccessTokenClaims): void {
    const [oldest] = remembered.keys();
    if (remembered.size >= MAX_CACHED_TOKENS && oldest !== undefined) remembered.delete(oldest);
    remembered.set(token, claims);
  }
}

/**
 * Verifies as RFC 8725 asks: the algorithm is the key's own, `typ`, `iss` and `aud` are ours, and
 * every claim that we set is there. `iat` may lie ahead of this node's clock: another node made it.
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
      ({ kid, alg }) => selectVerificationKey(byId, kid, alg),
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

function selectVerificationKey(
  keys: KeySet['byId'],
  kid: string | undefined,
  alg: string,
): CryptoKey {
  const key = kid === undefined ? undefined : keys.get(kid);
  if (key?.algorithm !== alg) throw new errors.JWKSNoMatchingKey();
  return key.verificationKey;
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
