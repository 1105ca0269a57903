import type { components } from '../../generated/openapi.d.ts';

/** The body of every error (RFC 9457); `code` is the member for programs. */
export type Problem = components['schemas']['Problem'];

/** The service responded with an error to a call whose result has no place for it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** The response; its body has been read. */
  readonly response: Response;
  /** The body of the response; `undefined` if it is not a problem of the service, but of a gateway. */
  readonly problem: Problem | undefined;

  constructor(response: Response, body: unknown) {
    const problem = isProblem(body) ? body : undefined;
    super(problem?.detail ?? `The response was ${response.status} without a problem`);
    this.response = response;
    this.problem = problem;
  }
}

/**
 * The access token could not be refreshed, but the session may still be live: there was no response,
 * or a 5xx or 429. The client keeps the tokens, and the next request refreshes again. `cause` is what `fetch`
 * threw, or a {@link ProblemError} with the response.
 */
export class RefreshFailedError extends Error {
  override readonly name = 'RefreshFailedError';

  constructor(cause: unknown) {
    super('The access token could not be refreshed; the session is kept', { cause });
  }
}

/**
 * Whether a value is a problem of the service, and has this `code` if one is given.
 *
 * @example
 * if (isProblem(error, 'invalid_request')) console.log(error.errors);
 */
export function isProblem<Code extends Problem['code']>(
  value: unknown,
  code?: Code,
): value is Problem & { code: Code } {
  if (typeof value !== 'object' || value === null) return false;
  return 'code' in value && 'detail' in value && (code === undefined || value.code === code);
}
