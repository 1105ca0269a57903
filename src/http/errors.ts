import { unsupportedMediaType } from './invalid-request.ts';
import { problem } from './problem.ts';
import type { AnyResponse } from './write-response.ts';

/** The answer for an error that was thrown. It has nothing of the text of an unexpected error. */
export function toProblem(error: unknown): AnyResponse {
  switch (readStatus(error)) {
    case 400:
      return problem(400, 'invalid_request', 'The request is malformed');
    case 413:
      return problem(413, 'content_too_large', 'The body is too large');
    case 415:
      return unsupportedMediaType();
    default:
      return problem(500, 'internal_error', 'The service has failed to answer this request');
  }
}

/** The status of an error of body-parser. */
function readStatus(error: unknown): number | undefined {
  const hasStatus = typeof error === 'object' && error !== null && 'status' in error;
  return hasStatus && typeof error.status === 'number' ? error.status : undefined;
}
