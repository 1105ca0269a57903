// Sends the client's requests and keeps what went over the wire, for the inspector.
import { signal } from '@preact/signals';

/** A request and its answer, as text for people: tokens are shortened, passwords left out. */
export interface Exchange {
  id: number;
  method: string;
  /** With the query. */
  path: string;
  request: string;
  /** `undefined` while there is no answer. */
  status?: number;
  response?: string;
  milliseconds?: number;
  /** The answer arrived, and the page threw it away. */
  isLost?: boolean;
}

const KEPT = 200;

/** The newest first. */
export const exchanges = signal<Exchange[]>([]);

/** Whether the last request was answered. */
export const isReachable = signal(true);

let isNextLost = false;
let count = 0;
let onPair: (answer: { access_token: string; refresh_token: string }, path: string) => void = () =>
  undefined;

/** Throws the next answer away, as a connection that breaks does. */
export function loseNextAnswer(): void {
  isNextLost = true;
}

/** Calls a listener with every token pair that the service answers, the lost ones included. */
export function watchPairs(listener: typeof onPair): void {
  onPair = listener;
}

/** `fetch` with a record of it. */
export async function send(request: Request): Promise<Response> {
  const isLost = isNextLost;
  isNextLost = false;
  const { pathname, search } = new URL(request.url);
  const path = pathname.slice(new URL(document.baseURI).pathname.length - 1);
  const id = ++count;
  const first: Exchange = {
    id,
    method: request.method,
    path: path + search,
    request: message(request.headers, await request.clone().text()),
  };
  exchanges.value = [first, ...exchanges.value].slice(0, KEPT);
  const update = (change: Partial<Exchange>) => {
    exchanges.value = exchanges.value.map((one) => (one.id === id ? { ...one, ...change } : one));
  };
  const start = performance.now();
  try {
    const response = await fetch(request);
    const milliseconds = Math.round(performance.now() - start);
    const text = await response.clone().text();
    const { status } = response;
    update({ status, milliseconds, isLost, response: message(response.headers, text) });
    isReachable.value = true;
    if (status === 200 && /^\/auth\/(login|refresh)$/.test(path)) onPair(JSON.parse(text), path);
    if (isLost) throw new TypeError('The answer was lost');
    return response;
  } catch (error) {
    if (!isLost && !request.signal.aborted) isReachable.value = false;
    throw error;
  } finally {
    update({ milliseconds: Math.round(performance.now() - start) });
  }
}

/** Headers and body. A browser lists neither all headers that it sends nor those it adds. */
function message(headers: Headers, body: string): string {
  const lines = [...headers].map(([name, value]) => `${canonical(name)}: ${value}`);
  return conceal([...lines, '', indent(body)].join('\n').trim());
}

/** `content-type` as people write it. */
function canonical(name: string): string {
  if (name === 'etag' || name === 'www-authenticate')
    return name === 'etag' ? 'ETag' : 'WWW-Authenticate';
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function indent(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function conceal(text: string): string {
  return text
    .replace(/\b[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g, shorten)
    .replace(/\b[0-9a-f]{64}\b/g, shorten)
    .replace(/("(?:\w+_)?password": )"(?:[^"\\]|\\.)*"/g, '$1"••••••••"');
}

/** The ends of a token: enough to tell it from another, too little to use it. */
export function shorten(token: string): string {
  return `${token.slice(0, 6)}…${token.slice(-6)}`;
}
