// The client of the suite: openapi-fetch over the contract's types. Every answer is held against the
// contract before anybody else sees it.
import createFetchClient, { type Client } from 'openapi-fetch';
import type { paths } from '../../generated/openapi.d.ts';
import { markSeen } from './coverage.ts';
import { Difference } from './difference.ts';
import { lineSaying, operations } from './document.ts';
import { type Exchange, remember } from './exchange.ts';
import { validate } from './validate.ts';

export type Api = Client<paths>;

/** A typed client of the service there. */
export function connectTo(baseUrl: string): Api {
  const client = createFetchClient<paths>({ baseUrl });
  client.use({ onRequest: ({ request, schemaPath }) => send(request, schemaPath) });
  return client;
}

/** Longer than any answer takes, in milliseconds. */
const PATIENCE = 15_000;

/**
 * Sends any request, good or bad.
 * @param template the path as the contract has it; of anything else it says nothing
 * @throws Difference when the answer is none that the contract declares
 */
export async function send(request: Request, template: string): Promise<Response> {
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
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(request, { signal, redirect: 'manual' });
    const { status, headers } = response;
    exchange.response = { status, headers, body: await response.clone().text() };
    return response;
  } catch (error) {
    const found = String(error instanceof Error ? (error.cause ?? error) : error);
    const line = lineSaying('paths:');
    throw new Difference(exchange, { what: 'an answer', line, found });
  }
}
