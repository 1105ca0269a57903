// Sends the client's requests and records them with their answers, for the inspector.
import { signal } from '@preact/signals';

/** A request and its answer as text. Tokens are shortened and passwords replaced by dots. */
export interface Exchange {
  id: number;
  method: string;
  /** The path and the query. */
  path: string;
  request: string;
  /** `undefined` while there is no answer. */
  status?: number;
  response?: string;
  milliseconds?: number;
  /** Whether the page dropped the answer on purpose. */
  isLost?: boolean;
}

const MAX_EXCHANGES = 200;

/** The newest first. */
export const exchanges = signal<Exchange[]>([]);

/** Whether the last request was answered. */
export const isReachable = signal(true);

let isNextLost = false;
let count = 0;
let onPair: (answer: { access_token: string; refresh_token: string }, path: string) => void = () =>
  undefined;

/** Drops the next answer, as a broken connection would. */
export function loseNextAnswer(): void {
  isNextLost = true;
}

/** Calls a listener with every token pair that the service sends, including those of lost answers. */
export function watchPairs(listener: typeof onPair): void {
  onPair = listener;
}

/** Like `fetch`, but records the exchange. */
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
  exchanges.value = [first, ...exchanges.value].slice(0, MAX_EXCHANGES);
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

/** Headers and body. A script cannot see the headers that the browser adds to the request itself. */
function message(headers: Headers, body: string): string {
  const lines = [...headers].map(([name, value]) => `${canonical(name)}: ${value}`);
  return conceal([...lines, '', indent(body)].join('\n').trim());
}

/** `content-type` becomes `Content-Type`. */
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

/** The start and the end of a token: enough to recognize it, too little to use it. */
export function shorten(token: string): string {
  return `${token.slice(0, 6)}…${token.slice(-6)}`;
}
