// Finds out before the checks whether the server at a URL is a service of the contract at all.
import { type Operation, operations } from './document.ts';
import { target } from './target.ts';
import { isJsonType, mediaTypeIn, responseTo } from './validate.ts';

const TIMEOUT_MS = 10_000;

/** A service of the contract answers at least this share of requests in a way that it declares. */
const LEAST_SHARE = 1 / 3;

interface Probe {
  operation: Operation;
  answer: string;
  isDeclared: boolean;
}

/** @returns a sentence that says what is wrong, if it is not */
export async function recognize(contract: string): Promise<string | undefined> {
  const probes: Probe[] = [];
  for (const operation of probed()) {
    try {
      probes.push(await probe(operation));
    } catch (error) {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      return `Nothing answers at ${target.baseUrl}: ${cause}`;
    }
  }
  const declared = probes.filter(({ isDeclared }) => isDeclared);
  const [first] = probes.filter(({ isDeclared }) => !isDeclared);
  if (!first || declared.length >= probes.length * LEAST_SHARE) return undefined;
  const { operation, answer } = first;
  const others = probes.length - declared.length - 1;
  const also = others > 0 ? `, and ${others} more in other ways that it does not declare` : '';
  return (
    `${target.baseUrl} is no service of ${contract}: ` +
    `${operation.method} ${operation.path} is answered with ${answer}${also}.`
  );
}

/** Operations that need no parameters: enough of them to be sure. */
function probed(): Operation[] {
  const simple = operations.filter(
    ({ method, path, parameters }) =>
      method === 'GET' && !path.includes('{') && !parameters.some(({ required }) => required),
  );
  return simple.slice(0, 12);
}

async function probe(operation: Operation): Promise<Probe> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(target.baseUrl + operation.path, { signal, redirect: 'manual' });
  const type = response.headers.get('Content-Type') ?? '';
  const text = await response.text();
  const { status } = response;
  const answer = `${status} ${type || 'and no Content-Type'}`;
  return {
    operation,
    answer,
    isDeclared: status < 500 && isDeclaredFor(operation, status, type, text),
  };
}

function isDeclaredFor(
  { responses, isPublic }: Operation,
  status: number,
  type: string,
  text: string,
): boolean {
  const declared = responseTo(responses, status);
  if (!declared) return !isPublic && (status === 401 || status === 403); // not all contracts say so
  if (!declared.content) return true;
  if (!mediaTypeIn(declared.content, type)) return false;
  return !isJsonType(type) || /^\s*[[{"\dtfn-]/.test(text);
}
