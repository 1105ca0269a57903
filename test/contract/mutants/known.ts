import type { Received, Sent } from './proxy.ts';

export type Json = Record<string, unknown>;

/** An item that was in an answer, and the access token of its request. */
interface Owned {
  item: Json;
  token: string;
}

/** The tokens and items of earlier requests, for faults that need them. */
export class Known {
  /** Access tokens by the refresh token that they came with, and the other way round. */
  readonly accessOf = new Map<string, string>();
  readonly refreshOf = new Map<string, string>();
  readonly todos = new Map<string, Owned>();
  /** As another session of the user lists them. */
  readonly sessions = new Map<string, Owned>();
  /** The state of a fault. */
  readonly marks = new Map<string, string>();

  observe(sent: Sent, received: Received): void {
    if (received.status >= 300) return;
    const [path] = sent.path.split('?');
    const token = bearerOf(sent);
    for (const item of [parsed(received.body) ?? []].flat()) {
      if (path === '/todos') this.todos.set(String(item['id']), { item, token });
      if (path === '/auth/sessions') this.#addSession(item, token);
      if (path === '/auth/login' || path === '/auth/refresh') this.#addPair(item);
    }
  }

  #addSession(item: Json, token: string): void {
    const id = String(item['id']);
    const owner = item['current'] ? token : (this.sessions.get(id)?.token ?? token);
    this.sessions.set(id, { item: { ...item, current: false }, token: owner });
  }

  #addPair(pair: Json): void {
    const [access, refresh] = [String(pair['access_token']), String(pair['refresh_token'])];
    this.accessOf.set(refresh, access);
    this.refreshOf.set(access, refresh);
  }
}

/** The access token of a request. */
export function bearerOf({ headers }: Pick<Sent, 'headers'>): string {
  return headers['authorization']?.replace('Bearer ', '') ?? '';
}

/** A list with the items of other users, too. */
export function withOthers(items: Json[], all: Map<string, Owned>): Json[] {
  const ids = new Set(items.map(({ id }) => id));
  const others = [...all.values()].filter(({ item }) => !ids.has(item['id']));
  return [...items, ...others.map(({ item }) => item)];
}

/** The JSON object or list of a text; undefined if it is neither. */
export function parsed(text: string): Json | Json[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value instanceof Object ? (value as Json | Json[]) : undefined; // it is one of the two
  } catch {
    return undefined;
  }
}

/** The JSON object of a body; empty if it is none. */
export function jsonOf({ body }: { body: string }): Json {
  const value = parsed(body);
  return value === undefined || Array.isArray(value) ? {} : value;
}

/** A member of the JSON object of a body, as a text. */
export function textOf(from: { body: string }, member: string): string {
  return `${jsonOf(from)[member]}`;
}
