import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { ContractDocument } from '../../src/http/openapi-document.ts';
import { JWT_SECRET } from './service.ts';

/** A new copy of openapi.yaml, parsed. */
export function readContract(): ContractDocument {
  return parse(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8'));
}

export interface Sent {
  method?: string;
  path: string;
  token?: string | undefined;
  headers?: Record<string, string>;
  /** Sent as JSON, unless it is a text or bytes. */
  body?: unknown;
}

export function send({ url }: { url: string }, request: Sent): Promise<Response> {
  const { method = 'GET', path, token, headers = {}, body } = request;
  const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
  return fetch(url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    // fetch takes texts and bytes, which is all that is left here
    ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as string) }),
  });
}

/** Variables of a service that takes the client's address from `X-Forwarded-For`. */
export const BEHIND_PROXY = {
  TRUSTED_PROXIES: '127.0.0.1,::1',
  JWT_SECRET,
};

let addresses = 0;

/** An address that no other request has: no limit is shared. */
function newAddress(): string {
  addresses += 1;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

/** A response, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** Sends `METHOD /path` from a new address and reads the whole response. */
export async function call(
  url: string,
  route: string,
  {
    access: token,
    body,
    headers,
  }: { access?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const from = { 'X-Forwarded-For': newAddress(), ...headers };
  const response = await send({ url }, { method, path, token, body, headers: from });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** `POST /auth/refresh` with the token in the body. */
export function refresh(url: string, token: string, key?: string): Promise<Answer> {
  const headers: Record<string, string> = key === undefined ? {} : { 'Idempotency-Key': key };
  return call(url, 'POST /auth/refresh', { body: { refresh_token: token }, headers });
}
