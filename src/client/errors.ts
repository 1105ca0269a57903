import type { components } from '../../generated/openapi.d.ts';

/** The body of every error (RFC 9457); `code` is the member for programs. */
export type Problem = components['schemas']['Problem'];

/** The service answered with an error, and the call has no result that could hold it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** The answer; its body has been read. */
  readonly response: Response;
  /** The answer's body; `undefined` if it is no problem of the service (but a gateway's page, say). */
  readonly problem: Problem | undefined;

  constructor(response: Response, body: unknown) {
    const problem = isProblem(body) ? body : undefined;
    super(problem?.detail ?? `The answer was ${response.status} without a problem`);
    this.response = response;
    this.problem = problem;
  }
}

/**
 * The access token could not be refreshed, and the session may go on: there was no answer, or a 5xx
 * or 429. The client keeps the tokens, and the next request refreshes again. `cause` is what `fetch`
 * threw, or a {@link ProblemError} with the answer.
 */
export class RefreshFailedError extends Error {
  override readonly name = 'RefreshFailedError';

  constructor(cause: unknown) {
    super('The access token could not be refreshed; the session is kept', { cause });
  }
}

/** Whether a body is a problem as the contract describes it. */
export function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
