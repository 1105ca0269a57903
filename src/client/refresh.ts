import type { Client } from 'openapi-fetch';
import type { paths } from '../../generated/openapi.d.ts';
import { ProblemError, RefreshFailedError } from './errors.ts';
import type { TokenPair, Tokens } from './tokens.ts';

/**
 * How long a refresh may take, in milliseconds. Every request waits for it, so one that hangs must
 * not hang them all; it is safe to repeat.
 */
const TIMEOUT = 10_000;

type Api = Pick<Client<paths>, 'POST'>;

/**
 * Spends a refresh token.
 *
 * @returns the new pair; `undefined` if the service says that the token no longer works (401).
 * @throws {RefreshFailedError} whenever it is not known that the session is over.
 */
export async function refresh(api: Api, tokens: Tokens): Promise<TokenPair | undefined> {
  const { data, error, response } = await present(api, tokens).catch((cause: unknown) => {
    throw new RefreshFailedError(cause);
  });
  if (data !== undefined) return data;
  if (response.status === 401) return undefined;
  throw new RefreshFailedError(new ProblemError(response, error));
}

function present(api: Api, { refresh_token, refresh_key }: Tokens) {
  return api.POST('/auth/refresh', {
    params: { header: { 'Idempotency-Key': refresh_key } },
    body: { refresh_token },
    signal: AbortSignal.timeout(TIMEOUT),
  });
}
