import type { Client } from 'openapi-fetch';
import type { paths } from '../../generated/openapi.d.ts';
import { ProblemError, RefreshFailedError } from './errors.ts';
import type { TokenPair, Tokens } from './tokens.ts';

/** All requests wait for a refresh, so it must not hang. It is safe to repeat. */
const REFRESH_TIMEOUT_MS = 10_000;

/**
 * Sends the refresh token to the service.
 *
 * @returns the new pair; `undefined` if the service says that the token no longer works (401).
 * @throws {RefreshFailedError} if the session may still be live.
 */
export async function refreshTokens(
  api: Pick<Client<paths>, 'POST'>,
  { refresh_token, refresh_key }: Tokens,
): Promise<TokenPair | undefined> {
  const call = api.POST('/auth/refresh', {
    params: { header: { 'Idempotency-Key': refresh_key } },
    body: { refresh_token },
    signal: AbortSignal.timeout(REFRESH_TIMEOUT_MS),
  });
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw new RefreshFailedError(cause);
  });
  if (data !== undefined) return data;
  if (response.status === 401) return undefined;
  throw new RefreshFailedError(new ProblemError(response, error));
}
