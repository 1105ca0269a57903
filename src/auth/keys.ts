import { calculateJwkThumbprint, importJWK, type JWK } from 'jose';
import type { Schema } from '../http/operation.ts';

/** The signature algorithms that the service accepts. */
type Algorithm = 'HS256' | 'ES256' | 'EdDSA';

/** A key for one algorithm only (RFC 8725 §3.1). */
export interface Key {
  kid: string;
  algorithm: Algorithm;
  /** A shared secret or a private key. */
  signingKey: CryptoKey;
  /** The same secret, or the public key. */
  verificationKey: CryptoKey;
  /** The public key as the service publishes it; a shared secret has none. */
  publicJwk: Schema<'Jwk'> | undefined;
}

/** The first key signs new tokens. Every key verifies the tokens that have its `kid`. */
export interface KeySet {
  first: Key;
  byId: ReadonlyMap<string, Key>;
}

/** Imports one shared secret (HS256) of at least 256 bits. */
export async function importSecret(secret: string): Promise<KeySet> {
  return importJwks({ keys: [{ kty: 'oct', k: Buffer.from(secret).toString('base64url') }] });
}

/**
 * Imports a JWK Set from JSON.
 * @throws Error as `importJwks` does; it never quotes the text, as V8's own message would
 */
export async function importJwksText(text: string): Promise<KeySet> {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new Error('the JWK Set is not valid JSON');
  }
  return importJwks(set);
}

/**
 * Imports a JWK Set (RFC 7517 §5) of private or shared keys.
 * @throws Error if a key is invalid; the message says which one and why
 */
export async function importJwks(set: unknown): Promise<KeySet> {
  const keys: Key[] = [];
  for (const [index, jwk] of listJwks(set).entries()) {
    try {
      keys.push(await importKey(jwk));
    } catch (error) {
      const why = error instanceof Error ? error.message : 'it is no JWK';
      throw new Error(`key ${index + 1} of the JWK Set: ${why}`);
    }
  }
  const [first] = keys;
  if (!first) throw new Error('the JWK Set has no key');
  if (keys.length > 100) throw new Error('the JWK Set has more than 100 keys');
  const byId = new Map(keys.map((key) => [key.kid, key]));
  if (byId.size < keys.length) throw new Error('two keys of the JWK Set have the same kid');
  return { first, byId };
}

function listJwks(set: unknown): JWK[] {
  if (typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys)) {
    return set.keys;
  }
  throw new Error('a JWK Set is an object with a list "keys" (RFC 7517 §5)');
}

async function importKey(jwk: JWK): Promise<Key> {
  const algorithm = determineAlgorithm(jwk);
  // The thumbprint (RFC 7638) of a key reveals no secret.
  const kid = jwk.kid ?? (await calculateJwkThumbprint(jwk)).slice(0, 16);
  if (typeof kid !== 'string' || !/^[^\0\p{Cs}]{1,100}$/u.test(kid)) {
    throw new Error('kid must be a text of 1 to 100 characters');
  }
  if (algorithm === 'HS256') {
    const bytes = Buffer.from(jwk.k ?? '', 'base64url').length;
    if (bytes < 32) throw new Error(`an HS256 key has 32 bytes or more, not ${bytes}`);
    const secret = await importCryptoKey(jwk, algorithm);
    return { kid, algorithm, signingKey: secret, verificationKey: secret, publicJwk: undefined };
  }
  if (!jwk.d) throw new Error('a private key is needed ("d" is missing)');
  const { d: _private, key_ops: _operations, ...open } = jwk;
  return {
    kid,
    algorithm,
    signingKey: await importCryptoKey(jwk, algorithm),
    verificationKey: await importCryptoKey(open, algorithm),
    publicJwk: toPublicJwk(open, kid, algorithm),
  };
}

const ALGORITHM_BY_KEY_TYPE: Record<string, Algorithm> = {
  oct: 'HS256',
  'EC P-256': 'ES256',
  'OKP Ed25519': 'EdDSA',
};

function determineAlgorithm(jwk: JWK): Algorithm {
  const found = ALGORITHM_BY_KEY_TYPE[jwk.kty === 'oct' ? 'oct' : `${jwk.kty} ${jwk.crv}`];
  if (!found) throw new Error('kty must be "oct", "EC" with crv P-256, or "OKP" with crv Ed25519');
  if (jwk.alg !== undefined && jwk.alg !== found) throw new Error(`alg must be "${found}"`);
  return found;
}

async function importCryptoKey(jwk: JWK, algorithm: Algorithm): Promise<CryptoKey> {
  const usable = { ...jwk, ext: false };
  // Import it once: jose would import a raw secret again for every signature.
  const key = await importJWK(usable, algorithm);
  if (!(key instanceof Uint8Array)) return key;
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', new Uint8Array(key), hmac, false, ['sign', 'verify']);
}

function toPublicJwk(jwk: JWK, kid: string, alg: 'ES256' | 'EdDSA'): Schema<'Jwk'> {
  const { x = '', y } = jwk;
  return alg === 'ES256'
    ? { kty: 'EC', kid, alg, use: 'sig', crv: 'P-256', x, y: y ?? '' }
    : { kty: 'OKP', kid, alg, use: 'sig', crv: 'Ed25519', x };
}
