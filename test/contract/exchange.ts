// One request with its answer, as it is shown to a person.
import { STATUS_CODES } from 'node:http';
import type { Operation } from './document.ts';

export interface Exchange {
  /** Undefined if the contract has no such operation. */
  operation: Operation | undefined;
  /** The path in the contract, or another text. */
  template: string;
  request: { method: string; url: string; headers: Headers; body: string };
  response: { status: number; headers: Headers; body: string };
}

const exchanges = new WeakMap<Response, Exchange>();

export function remember(response: Response, exchange: Exchange): void {
  exchanges.set(response, exchange);
}

/** The exchange of an answer. */
export function exchangeOf(response: Response): Exchange {
  const exchange = exchanges.get(response);
  if (!exchange) throw new Error('the answer came another way than through the client');
  return exchange;
}

export function describeRequest({ method, url, headers, body }: Exchange['request']): string[] {
  return [`${method} ${url}`, ...linesOf(headers), ...excerpt(body)];
}

export function describeResponse({ status, headers, body }: Exchange['response']): string[] {
  return [`${status} ${STATUS_CODES[status] ?? ''}`.trim(), ...linesOf(headers), ...excerpt(body)];
}

/** Headers that have nothing to do with a contract. */
const NOISE = /^(connection|keep-alive|date|content-length|transfer-encoding|vary|x-(?!request))/;

function linesOf(headers: Headers): string[] {
  return [...headers]
    .filter(([name]) => !NOISE.test(name) && !name.includes('policy'))
    .map(([name, value]) => shorten(`${titled(name)}: ${value}`, 160));
}

function titled(name: string): string {
  return name.replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function excerpt(body: string): string[] {
  return body === '' ? [] : [shorten(body, 600)];
}

/** Cuts a text that is too long to read. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}… (${text.length} characters)` : text;
}
