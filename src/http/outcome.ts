import type { Request, Response } from 'express';
import { authenticationOf, operationOf, operationsOf } from './contract.ts';
import { document } from './document.ts';
import { methodOf } from './protocol.ts';

/** What a request was and what became of it, for logs and traces. It holds nothing secret. */
export interface Outcome {
  operation: string | undefined;
  method: string;
  /** The path as the contract has it, or that of a page beside it. */
  route: string | undefined;
  path: string;
  status: number;
  userId: string | undefined;
  sessionId: string | undefined;
}

export function outcomeOf(request: Request, response: Response): Outcome {
  const operation = operationOf(request);
  const page: unknown = request.route?.path; // of Express, which has no type for it
  const route = operation?.route ?? (typeof page === 'string' ? page : undefined);
  const authentication = authenticationOf(request);
  const principal =
    authentication && 'principal' in authentication ? authentication.principal : undefined;
  return {
    operation: operation?.id,
    method: methodOf(request),
    route,
    path: route?.includes('{') === false ? route : knownPath(request.originalUrl),
    status: statusOf(response),
    userId: principal?.userId,
    sessionId: principal?.sessionId,
  };
}

/** 499, as nginx has it, where the client went away before it was answered. */
export function statusOf(response: Response): number {
  const isOpen = !response.headersSent && response.statusCode === 200;
  return isOpen ? 499 : response.statusCode;
}

const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const WORDS = new Set(
  [...operationsOf(document)].flatMap(({ path }) => path.split('/')).filter(isLiteral),
);

function isLiteral(segment: string): boolean {
  return !segment.startsWith('{');
}

/**
 * The path without its query, and of it only words of the contract and ids: a token that strayed
 * into it is nobody else's business, and neither is what a person searched for.
 */
function knownPath(url: string): string {
  const [path = ''] = url.slice(0, 1000).split('?', 1);
  const segments = path.split('/').map((part) => (WORDS.has(part) || ID.test(part) ? part : '*'));
  return segments.join('/').slice(0, 200);
}
