// Helpers of the benchmarks: start a server as a process, send requests over keep-alive connections, and
// read the server's CPU time.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

const path = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** Starts a server, given its script and arguments, and waits until it prints its address. */
export async function serve(command: string, variables: Record<string, string> = {}) {
  const env = { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'silent', ...variables };
  const [script = '', ...args] = command.split(' ');
  const child: ChildProcess = spawn(process.execPath, [path(script), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  while (!/http:\/\/localhost:\d+/.test(text)) await once(child.stdout ?? child, 'data');
  const url = /http:\/\/localhost:\d+/.exec(text)?.[0] ?? '';
  return { url, pid: child.pid ?? 0, [Symbol.dispose]: () => void child.kill() };
}

/** The CPU time of a server with all its workers, in seconds. */
export async function cpu(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = [...text.matchAll(/^process_cpu_seconds_total(?:\{.*\})? (\S+)/gm)];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

const connections = new Agent({ keepAlive: true, maxSockets: 16 });

export interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** The connections to use; by default, up to 16 that all requests share. */
  agent?: Agent;
}

/** Sends a request. @returns the status, the body and the time in milliseconds */
export function send(url: string, sending: Sent = {}) {
  const { method = 'GET', headers = {}, body, agent = connections } = sending;
  return new Promise<{ status: number; body: string; time: number }>((resolve, reject) => {
    const start = performance.now();
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const type = payload === undefined ? {} : { 'Content-Type': 'application/json' };
    const sent = request(url, { agent, method, headers: { ...type, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        const time = performance.now() - start;
        resolve({ status: response.statusCode ?? 0, body: text, time });
      });
    });
    sent.on('error', reject).end(payload);
  });
}

/** Runs `work` the given number of times, with at most `concurrency` runs at the same time. */
export async function repeat(
  times: number,
  concurrency: number,
  work: (n: number) => Promise<unknown>,
) {
  let next = 0;
  const worker = async () => {
    while (next < times) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

export async function signIn(url: string, username = 'testuser', password = 'testpass123') {
  const { body } = await send(`${url}/auth/login`, {
    method: 'POST',
    body: { username, password },
  });
  const pair: { access_token: string; refresh_token: string } = JSON.parse(body);
  return { ...pair, headers: { Authorization: `Bearer ${pair.access_token}` } };
}

export function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const median = (values: number[]) => quantile(values, 0.5);
