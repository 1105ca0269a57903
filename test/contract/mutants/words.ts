// Makes faults: each function returns one that changes requests, answers, or both.
import { type Json, type Known, parsed } from './known.ts';
import type { Fault, Received, Sent } from './proxy.ts';

/** Parts that are replaced, or a function that makes them from the whole. */
type Change<Whole, Others extends unknown[]> =
  | Partial<Whole>
  | ((whole: Whole, ...others: Others) => Partial<Whole> | Promise<Partial<Whole>>);

/** Members, headers or parameters that are set; undefined takes one away. */
type Members<Others extends unknown[] = []> = Json | ((from: Json, ...others: Others) => Json);

/** Forwards the request with changes. */
export function ask(change: Change<Sent, []>): Fault {
  return async (sent, forward) =>
    forward({ ...sent, ...(typeof change === 'function' ? await change(sent) : change) });
}

/** Changes members of the body. */
ask.body = (change: Members): Fault =>
  ask(({ body }) => {
    const padding = /\s*$/.exec(body)?.[0]; // a part of its size
    return { body: withMembers(body.trimEnd(), change) + padding };
  });

ask.headers = (change: Members): Fault =>
  ask(({ headers }) => ({ headers: texts(changed(headers, change)) }));

ask.query = (change: Members): Fault =>
  ask(({ path }) => {
    const [pathname = '', search = ''] = path.split('?');
    const query = new URLSearchParams(search);
    for (const [name, value] of Object.entries(changed(Object.fromEntries(query), change))) {
      if (query.getAll(name).length > 1) continue; // other faults do that
      if (value === undefined) query.delete(name);
      else if (query.get(name) !== `${value}`) query.set(name, `${value}`);
    }
    return { path: query.size > 0 ? `${pathname}?${query}` : pathname };
  });

/** Changes the answer if it has this status (or any, for 0). */
export function answer(status: number, change: Change<Received, Parameters<Fault>>): Fault {
  return async (...given) => {
    const [sent, forward] = given;
    const received = await forward(sent);
    if (status !== 0 && status !== received.status) return received;
    const parts = typeof change === 'function' ? await change(received, ...given) : change;
    return { ...received, ...parts };
  };
}

answer.headers = (status: number, change: Members<[Sent]>): Fault =>
  answer(status, ({ headers }, sent) => ({ headers: texts(changed(headers, change, sent)) }));

/** Changes members of the object that is answered, or of each object of a list. */
answer.body = (status: number, change: Members<[Sent]>): Fault =>
  answer(status, ({ body }, sent) => ({ body: withMembers(body, change, sent) }));

/** Changes the list that is answered. */
answer.list = (change: (items: Json[], sent: Sent, known: Known) => Json[]): Fault =>
  answer(200, ({ body }, sent, _forward, known) =>
    body === '' ? {} : { body: JSON.stringify(change(JSON.parse(body), sent, known)) },
  );

/** Answers without the service. */
export function reply(received: Received): Fault {
  return async () => received;
}

export function reject(status: number, code?: string): Fault {
  return reply(problem(status, code));
}

/** Answers a request like the first successful one with the same key, if it has a key. */
export function repeat(
  keyOf: (sent: Sent) => string | undefined,
  change: (first: Received) => Partial<Received> = () => ({}),
): Fault {
  return async (sent, forward, { marks }) => {
    const key = keyOf(sent) ?? '';
    const before = marks.get(key);
    if (before !== undefined) {
      const first: Received = JSON.parse(before);
      return { ...first, ...change(first) };
    }
    const received = await forward(sent);
    if (key !== '' && received.status < 300) marks.set(key, JSON.stringify(received));
    return received;
  };
}

/** Limits a fault to some requests. */
export function when(holds: (sent: Sent, known: Known) => boolean, fault: Fault): Fault {
  return (sent, forward, known) =>
    holds(sent, known) ? fault(sent, forward, known) : forward(sent);
}

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

/** The usual code of each status. */
const CODES: Record<number, string> = {
  400: 'invalid_request',
  401: 'invalid_access_token',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  409: 'idempotency_key_reused',
  412: 'precondition_failed',
  413: 'content_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  500: 'internal_error',
  503: 'unavailable',
};

/** A problem as the contract describes it. */
export function problem(status: number, code = CODES[status], detail = 'A problem'): Received {
  const body = { type: 'about:blank', title: 'A problem', status, detail, code, error: detail };
  const hasToken = code !== 'invalid_credentials' && code !== 'authentication_required';
  const challenge = `Bearer realm="todos"${hasToken ? ', error="invalid_token"' : ''}`;
  return made(status, body, status === 401 ? { 'www-authenticate': challenge } : {});
}

/** The credentials of an access token. */
export function as(token: string): Pick<Sent, 'headers'> {
  return { headers: { authorization: `Bearer ${token}` } };
}

function changed<Others extends unknown[]>(
  from: Json,
  change: Members<Others>,
  ...others: Others
): Json {
  return { ...from, ...(typeof change === 'function' ? change(from, ...others) : change) };
}

/** A JSON object, or a list of them, with other members; another text as it is. */
function withMembers<Others extends unknown[]>(
  text: string,
  change: Members<Others>,
  ...others: Others
): string {
  const value = parsed(text);
  if (value === undefined) return text;
  const edit = (object: Json) => changed(object, change, ...others);
  return JSON.stringify(Array.isArray(value) ? value.map(edit) : edit(value));
}

function texts(values: Json): Record<string, string> {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}
