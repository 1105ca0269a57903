import { createHmac, hash, randomBytes } from 'node:crypto';

/** Makes a refresh token: 32 random bytes as 64 lower-case hexadecimal characters. */
export function createRefreshToken(): string {
  return randomBytes(32).toString('hex');
}

/** Hashes a token for the database. 256 random bits need no slow hash. */
export function hashToken(token: string): string {
  return hash('sha256', token);
}

/**
 * Derives the successor of a spent token, so that the service can reissue it without storing it. That
 * needs both the spent token, which the client has, and the nonce, which the database keeps until the
 * successor is used. The database alone cannot make a token, and without the nonce nothing can.
 */
export function deriveSuccessor(spentToken: string, nonce: string): string {
  return createHmac('sha256', spentToken).update(nonce).digest('hex');
}
