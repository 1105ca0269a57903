import { connect, type Socket } from 'node:net';

/** A connection that is open before it is used, and does only what it is told. */
export interface Wire {
  socket: Socket;
  /** The next answer; several may be asked for in advance. */
  answer(): Promise<{ status: number; text: string }>;
}

export async function openWire(url: string): Promise<Wire> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1').setNoDelay();
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let received = '';
  const waiting: PromiseWithResolvers<{ status: number; text: string }>[] = [];
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    received += text;
    for (let one = first(received); one && waiting.length > 0; one = first(received)) {
      received = received.slice(one.length);
      waiting.shift()?.resolve({ status: one.status, text: one.text });
    }
  });
  socket.on('close', () => {
    for (const { reject } of waiting) reject(new Error('the connection was closed'));
  });
  socket.on('error', () => socket.destroy());
  const answer = () => {
    waiting.push(Promise.withResolvers());
    const [last] = waiting.slice(-1);
    if (!last) throw new Error('unreachable');
    return last.promise;
  };
  return { socket, answer };
}

/** All bodies of the service are ASCII, so that characters are bytes. */
function first(received: string) {
  const end = received.indexOf('\r\n\r\n') + 4;
  const head = received.slice(0, end);
  const size = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  if (end < 4 || received.length < end + size) return undefined;
  const status = Number(head.split(' ', 2)[1]);
  return { status, text: received.slice(end, end + size), length: end + size };
}

/** So many connections, all of which the service has accepted. */
export async function openWires(url: string, count: number): Promise<Wire[]> {
  const wires = await Promise.all(Array.from({ length: count }, () => openWire(url)));
  const last = await openWire(url); // once it is answered all the others have been accepted
  last.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await last.answer();
  last.socket.destroy();
  return wires;
}

/**
 * Sends each request on a connection of its own, all in one go: a service in the same process has
 * them all to read before it does anything else.
 */
export async function sendAtOnce(
  url: string,
  requests: string[],
): Promise<ReturnType<Wire['answer']>[]> {
  const wires = await openWires(url, requests.length);
  const answers = wires.map((wire) => wire.answer().finally(() => wire.socket.destroy()));
  for (const [index, { socket }] of wires.entries()) socket.write(requests[index] ?? '');
  return answers;
}

/** `POST /auth/login` as it goes over the wire. */
export function loginRequest(username: string, password: string): string {
  const body = JSON.stringify({ username, password });
  const type = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
  return `POST /auth/login HTTP/1.1\r\nHost: localhost\r\n${type}\r\n\r\n${body}`;
}

let requests = 0;

/** `POST /auth/refresh` as it goes over the wire, each from an address of its own. */
export function refreshRequest(token: string, { inHeader = false, key = '' } = {}): string {
  requests += 1;
  const body = inHeader ? '{}' : JSON.stringify({ refresh_token: token });
  return [
    'POST /auth/refresh HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `X-Forwarded-For: 10.${(requests >> 16) & 255}.${(requests >> 8) & 255}.${requests & 255}`,
    `Content-Length: ${body.length}`,
    ...(inHeader ? [`Refresh-Token: ${token}`] : []),
    ...(key ? [`Idempotency-Key: ${key}`] : []),
    '',
    body,
  ].join('\r\n');
}
