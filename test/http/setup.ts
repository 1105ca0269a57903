import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { parse } from 'yaml';
import type { ContractDocument } from '../../src/http/openapi-document.ts';
import type { Schema } from '../../src/http/operation.ts';
import { databaseError, driverMethods } from '../support/database.ts';
import { DEMO, startApp, type TestApp } from '../support/service.ts';

/** openapi.yaml, parsed; a copy of one's own. */
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

/** A service behind a proxy, which must have a secret of its own. */
export const BEHIND_PROXY = {
  TRUSTED_PROXIES: '127.0.0.1',
  JWT_SECRET: 'a secret of the tests that is long enough',
};

/** The service for all the tests of a file, with the demo user signed in. */
export function useService(...parameters: Parameters<typeof startApp>) {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp(...parameters);
    token = (await signIn(app)).access_token;
  });
  afterAll(() => app.close());
  return {
    app: () => app,
    token: () => token,
    send: (request: Sent) => send(app, request),
    /** As the demo user. */
    sendSignedIn: (request: Sent) => send(app, { token, ...request }),
  };
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

export async function signIn(app: TestApp, credentials = DEMO): Promise<Schema<'TokenPair'>> {
  const response = await send(app, { method: 'POST', path: '/auth/login', body: credentials });
  expect(response.status).toBe(200);
  return response.json();
}

/** A new user, signed in. */
export async function signUp(app: TestApp, username: string): Promise<Schema<'TokenPair'>> {
  const credentials = { username, password: 'correct horse battery staple' };
  await send(app, { method: 'POST', path: '/auth/register', body: credentials });
  return signIn(app, credentials);
}

export async function createTodo(
  app: TestApp,
  token: string,
  title = 'a todo',
): Promise<Schema<'Todo'>> {
  const request = { method: 'POST', path: '/todos', token, body: { title } };
  const response = await send(app, request);
  expect(response.status).toBe(201);
  return response.json();
}

/** All that a problem says; what is not given is not there. */
export interface Expected {
  status: number;
  title: string;
  code: Schema<'Problem'>['code'];
  detail: string;
  errors?: Schema<'InputError'>[];
  challenge?: string;
  allow?: string;
  retryAfter?: string;
}

interface Answer {
  status: number;
  headers: Headers;
}

/** The answer is this problem document, with these headers and no more to it. */
export function expectProblem(answer: Answer, body: string, expected: Expected): void {
  const { status, title, code, detail, errors, challenge, allow, retryAfter } = expected;
  const { headers } = answer;
  const requestId = headers.get('X-Request-Id') ?? '';
  const problem: unknown = JSON.parse(body);
  expect({
    status: answer.status,
    type: headers.get('Content-Type'),
    cache: headers.get('Cache-Control'),
    challenge: headers.get('WWW-Authenticate'),
    allow: headers.get('Allow'),
    retryAfter: headers.get('Retry-After'),
    problem,
  }).toEqual({
    status,
    type: 'application/problem+json; charset=utf-8',
    cache: 'no-store',
    challenge: challenge ?? null,
    allow: allow ?? null,
    retryAfter: retryAfter ?? null,
    problem: {
      type: 'about:blank',
      title,
      status,
      detail,
      code,
      error: detail,
      ...(errors && { errors }),
      ...(status >= 500 && answer instanceof Response && { request_id: requestId }),
    },
  });
  expect(requestId).toMatch(/^[\w.-]{1,64}$/);
}

/** The database answers nothing but errors, up to the end of the `using` block. */
export function breakDatabase(code: string): Disposable {
  const fail = () => {
    throw databaseError(code, 'the disk is on fire');
  };
  const { target, names } = driverMethods();
  const spies = names.map((name) => vi.spyOn(target, name).mockImplementation(fail));
  return {
    [Symbol.dispose]() {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

/** Where the program of the reference is, the largest file that the service sends. */
export async function pathOfProgram(url: string): Promise<string> {
  const html = await (await fetch(`${url}/docs`)).text();
  const path = /src="(assets\/web\/scalar\.[^"]+)"/.exec(html)?.[1];
  if (!path) throw new Error('the reference has no program');
  return `/${path}`;
}
