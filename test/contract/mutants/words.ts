// Makes faults: each function returns one that changes requests, answers, or both.
import { isJson, type Json, jsonOf, type Known } from './known.ts';
import type { Fault, Received, Sent } from './proxy.ts';

/** Forwards the request with changes. */
export const ask =
  (change: (sent: Sent) => Partial<Sent>): Fault =>
  (sent, forward) =>
    forward({ ...sent, ...change(sent) });

/** Forwards the request with another body. */
export const askBody = (change: (body: Json) => Json): Fault =>
  ask((sent) => {
    const padding = /\s*$/.exec(sent.body)?.[0]; // a part of its size
    return isJson(sent.body) ? { body: JSON.stringify(change(jsonOf(sent))) + padding } : {};
  });

/** Forwards the request with other headers; a value of undefined takes one away. */
export const askHeaders = (change: (headers: Json) => Json): Fault =>
  ask(({ headers }) => ({ headers: texts({ ...headers, ...change(headers) }) }));

/** Forwards the request with another query; a value of undefined takes a parameter away. */
export const askQuery = (change: (query: Json) => Json): Fault =>
  ask(({ path }) => {
    const [pathname = '', search = ''] = path.split('?');
    const query = new URLSearchParams(search);
    const changes = Object.entries(change(Object.fromEntries(query)));
    for (const [name, value] of changes) {
      if (query.getAll(name).length > 1) continue; // other faults do that
      if (value === undefined) query.delete(name);
      else if (query.get(name) !== `${value}`) query.set(name, `${value}`);
    }
    return { path: query.size > 0 ? `${pathname}?${query}` : pathname };
  });

/** Changes the answer if it has this status (or any, for 0). */
export const answer =
  (
    status: number,
    change: (
      received: Received,
      ...rest: Parameters<Fault>
    ) => Partial<Received> | Promise<Partial<Received>>,
  ): Fault =>
  async (sent, ...rest) => {
    const [forward] = rest;
    const received = await forward(sent);
    if (status !== 0 && status !== received.status) return received;
    return { ...received, ...(await change(received, sent, ...rest)) };
  };

export const answerStatus = (from: number, to: number): Fault =>
  answer(from, () => ({ status: to }));

export const answerHeaders = (status: number, change: (headers: Json) => Json): Fault =>
  answer(status, ({ headers }) => ({ headers: texts({ ...headers, ...change(headers) }) }));

export const answerBody = (
  status: number,
  change: (body: Json, sent: Sent, known: Known) => Json,
): Fault =>
  answer(status, (received, sent, _forward, known) =>
    isJson(received.body) ? { body: JSON.stringify(change(jsonOf(received), sent, known)) } : {},
  );

/** Changes the list that is answered. */
export const answerList = (change: (items: Json[], sent: Sent, known: Known) => Json[]): Fault =>
  answer(200, ({ body }, sent, _forward, known) =>
    body === '' ? {} : { body: JSON.stringify(change(JSON.parse(body), sent, known)) },
  );

/** Answers without the service. */
export const pretend =
  (status: number, body?: Json | Json[], headers: Record<string, string> = {}): Fault =>
  async () =>
    made(status, body, headers);

/** Answers this instead of an answer with the first status. */
export const instead = (from: number, to: number, body?: Json | Json[]): Fault =>
  answer(from, () => made(to, body));

/** Limits a fault to some requests. */
export const when =
  (holds: (sent: Sent, known: Known) => boolean, fault: Fault): Fault =>
  (sent, forward, known) =>
    holds(sent, known) ? fault(sent, forward, known) : forward(sent);

/** An answer with everything that the contract requires. */
export function made(
  status: number,
  body?: Json | Json[],
  headers: Record<string, string> = {},
): Received {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  return {
    status,
    headers: {
      'x-request-id': crypto.randomUUID(),
      'cache-control': 'no-store',
      ...(body && { 'content-type': type }),
      ...headers,
    },
    body: body ? JSON.stringify(body) : '',
  };
}

/** A problem as the contract describes it. */
export function problem(status: number, code: string, detail: string): Received {
  const title = 'A problem';
  const body = { type: 'about:blank', title, status, detail, code, error: detail };
  const invalid = code === 'invalid_credentials' ? '' : ', error="invalid_token"';
  const challenge = { 'www-authenticate': `Bearer realm="todos"${invalid}` };
  return made(status, body, status === 401 ? challenge : {});
}

export function as(token: string): Pick<Sent, 'headers'> {
  return { headers: { authorization: `Bearer ${token}` } };
}

function texts(values: Json): Record<string, string> {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}
