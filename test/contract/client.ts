// The client of the suite: openapi-fetch with the contract's types. Every answer is compared with the
// contract before a check sees it.
import createFetchClient, { type Client } from 'openapi-fetch';
import type { paths } from '../../generated/openapi.d.ts';
import { markSeen } from './coverage.ts';
import { NoAnswer } from './difference.ts';
import { document, lineOf, operations } from './document.ts';
import { type Exchange, remember } from './exchange.ts';
import { validate } from './validate.ts';

export type Api = Client<paths>;

/** A typed client of the service at this URL. */
export function connectTo(baseUrl: string): Api {
  const client = createFetchClient<paths>({ baseUrl });
  client.use({ onRequest: ({ request, schemaPath }) => send(request, schemaPath) });
  return client;
}

/** Longer than any answer takes. */
const TIMEOUT_MS = 15_000;

let interruption: AbortSignal | undefined;

/**
 * Sends no more requests after the signal is aborted, but waits for the current one: it may create a
 * user, who has to be deleted. Undefined removes the signal.
 */
export function interruptWith(signal: AbortSignal | undefined): void {
  interruption = signal;
}

const observers: ((exchange: Exchange) => void)[] = [];

/** Shows every answer to the observer. */
export function observe(observer: (exchange: Exchange) => void): void {
  observers.push(observer);
}

/**
 * Sends any request, good or bad.
 * @param template the path in the contract, or any other text for a path that it does not have
 * @throws Difference if the contract does not declare the answer
 */
export async function send(request: Request, template: string): Promise<Response> {
  interruption?.throwIfAborted();
  const exchange: Exchange = {
    template,
    operation: operations.find(
      ({ method, path }) => path === template && method === asGet(request.method),
    ),
    request: {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: await request.clone().text(),
    },
    response: { status: 0, headers: new Headers(), body: '' },
  };
  const response = await answerTo(request, exchange);
  for (const observer of observers) observer(exchange);
  if (request.method !== 'OPTIONS') {
    validate(exchange);
    markSeen(exchange);
  }
  remember(response, exchange);
  return response;
}

/** `HEAD` is answered like `GET`. */
function asGet(method: string): string {
  return method === 'HEAD' ? 'GET' : method;
}

async function answerTo(request: Request, exchange: Exchange): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(request, { signal, redirect: 'manual' });
    const { status, headers } = response;
    exchange.response = { status, headers, body: await response.clone().text() };
    return response;
  } catch (error) {
    const found = String(error instanceof Error ? (error.cause ?? error) : error);
    const line = exchange.operation
      ? lineOf(exchange.operation.declared, 'responses')
      : lineOf(document, 'paths');
    throw new NoAnswer(exchange, { what: 'an answer', line, found });
  }
}
