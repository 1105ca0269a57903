import { recordAuditEvent } from '../../src/auth/audit-repository.ts';
import { rotateRefreshToken } from '../../src/auth/token-rotation.ts';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/database/connect.ts';
import { LIFETIMES } from '../support/users.ts';

/**
 * Presents a refresh token, without HTTP.
 * @returns its successor; undefined if it is rejected
 */
export async function rotate(
  { db, clock }: { db: Db; clock: Clock },
  token: string,
  reuseLeewayMs: number,
): Promise<string | undefined> {
  const lifetimes = { ...LIFETIMES, reuseLeewayMs };
  const context = { requestId: 'test', address: '192.0.2.1', userAgent: 'test' };
  const rotation = await rotateRefreshToken(
    { db, clock, lifetimes, recordAuditEvent },
    { token, idempotencyKey: undefined, context },
  );
  return 'grant' in rotation ? rotation.grant.refreshToken : undefined;
}
