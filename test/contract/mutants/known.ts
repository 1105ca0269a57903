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
  readonly sessions = new Map<string, Owned>();
  /** The state of a fault. */
  readonly marks = new Map<string, string>();

  observe(sent: Sent, received: Received): void {
    if (received.status >= 300 || !isJsonText(received.body)) return;
    const [path] = sent.path.split('?');
    const token = bearerOf(sent);
    const value: unknown = JSON.parse(received.body);
    const items: Json[] = Array.isArray(value) ? value : [value];
    for (const item of items) {
      if (path === '/todos') this.todos.set(String(item['id']), { item, token });
      if (path === '/auth/sessions') this.#addSession(item, token);
      if (path === '/auth/login' || path === '/auth/refresh') this.#addPair(item);
    }
  }

  #addSession(item: Json, token: string): void {
    const id = String(item['id']);
    const owner = item['current'] ? token : (this.sessions.get(id)?.token ?? token);
    this.sessions.set(id, { item, token: owner });
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

/** Whether a text is a JSON object. */
export function isJson(text: string): boolean {
  return text.startsWith('{') && isJsonText(text);
}

function isJsonText(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** The JSON object of a body; empty if it is none. */
export function jsonOf({ body }: { body: string }): Json {
  return isJson(body) ? JSON.parse(body) : {};
}
