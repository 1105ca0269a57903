import { createHmac, hash, randomBytes } from 'node:crypto';

/** A new refresh token: 32 random bytes as 64 lower-case hexadecimal characters. */
export function createRefreshToken(): string {
  return randomBytes(32).toString('hex');
}

/** What the database knows a token by. 256 random bits need no slow hash. */
export function hashToken(token: string): string {
  return hash('sha256', token);
}

/**
 * The token that follows a spent one. Whoever presents the spent token can be given the same
 * successor again for as long as the nonce is kept, and the database alone, which knows the nonce
 * and the hashes of both tokens, cannot make it. Without the nonce it is 32 random bytes to all.
 */
export function deriveSuccessor(spentToken: string, nonce: string): string {
  return createHmac('sha256', spentToken).update(nonce).digest('hex');
}
