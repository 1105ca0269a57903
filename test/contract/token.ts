import { createPublicKey, verify } from 'node:crypto';

export interface Claims {
  sub?: string;
  sid?: string;
  jti?: string;
  iss?: string;
  aud?: unknown;
  iat?: number;
  exp?: number;
}

/** The claims of an access token; empty if it is not a JWT. */
export function claimsOf(token: string): Claims {
  return partOf(token, 1);
}

/** The algorithm of an access token; undefined if it is not a JWT. */
export function algorithmOf(token: string): string | undefined {
  return partOf(token, 0).alg;
}

/** A part of a JWT that is JSON. */
function partOf(token: string, index: number): Claims & { alg?: string } {
  try {
    return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());
  } catch {
    return {};
  }
}

/** Whether one of these public keys verifies a token (ES256, EdDSA). */
export function isSignedByOneOf(keys: JsonWebKey[], token: string): boolean {
  const [head = '', claims = '', signature = ''] = token.split('.');
  const signed = Buffer.from(`${head}.${claims}`);
  return keys.some((jwk) => {
    try {
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      const options = { key, dsaEncoding: 'ieee-p1363' } as const;
      const digest = jwk.kty === 'EC' ? 'sha256' : null;
      return verify(digest, signed, options, Buffer.from(signature, 'base64url'));
    } catch {
      return false; // it is no key
    }
  });
}
