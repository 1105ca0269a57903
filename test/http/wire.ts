import { once } from 'node:events';
import { connect } from 'node:net';

/** One answer as it came over the connection. */
export interface Answer {
  status: number;
  reason: string;
  headers: Headers;
  body: string;
}

export interface WireOptions {
  /** The connection is closed from this side as soon as all is sent. */
  hangUp?: boolean;
  /** Methods of the requests, for the answers that have no body whatever their headers say. */
  methods?: string[];
}

/**
 * Sends bytes that no HTTP client would send, all of them whatever is answered meanwhile, and reads
 * what comes back until the service closes the connection: a reset is an error.
 */
export async function exchange(
  url: string,
  bytes: string | Uint8Array | (string | Uint8Array)[],
  { hangUp = false, methods = [] }: WireOptions = {},
): Promise<Answer[]> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  const ended = once(socket, 'end', { signal: AbortSignal.timeout(100_000) });
  ended.catch(() => {}); // it is awaited below, once all is sent
  await once(socket, 'connect');
  for (const part of Array.isArray(bytes) ? bytes : [bytes]) {
    await new Promise((sent) => socket.write(part, sent));
  }
  if (hangUp) socket.end();
  try {
    await ended;
  } finally {
    socket.destroy();
  }
  return answersIn(Buffer.concat(received), methods);
}

/** The only answer to these bytes. */
export async function answerTo(...parameters: Parameters<typeof exchange>): Promise<Answer> {
  const [answer, ...more] = await exchange(...parameters);
  if (!answer || more.length > 0) throw new Error(`${more.length + (answer ? 1 : 0)} answers`);
  return answer;
}

function answersIn(bytes: Buffer, methods: string[]): Answer[] {
  const answers: Answer[] = [];
  let rest = bytes.toString('latin1');
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`no HTTP: ${rest.slice(0, 200)}`);
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const [, status = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? [];
    if (!status) throw new Error(`no status line: ${statusLine}`);
    const headers = new Headers(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1)];
      }),
    );
    rest = rest.slice(end + 4);
    const length = bodyLength(Number(status), headers, methods[answers.length]);
    const body = Buffer.from(rest.slice(0, length), 'latin1').toString();
    rest = rest.slice(length);
    answers.push({ status: Number(status), reason, headers, body });
  }
  return answers;
}

function bodyLength(status: number, headers: Headers, method: string | undefined) {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  const length = headers.get('content-length');
  if (length === null) throw new Error('the answer does not say how long it is');
  return Number(length);
}
