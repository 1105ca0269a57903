import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './journal.ts';

/** A request, and its expected answer. */
export interface Call {
  access?: string;
  body?: object;
  idempotencyKey?: string;
  expected: Outcome;
  /** Also allowed for a repeated request, if the first one did the work but its answer was lost. */
  onRepeat?: Outcome;
}

/** A status, and the `code` of a problem. */
type Outcome = number | `${number} ${string}`;

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** How long a client waits for one answer. */
const ANSWER_TIMEOUT_MS = 30_000;
/** How long a client repeats a request. */
const RETRY_TIMEOUT_MS = 120_000;

export type Client = ReturnType<typeof createClient>;

/**
 * Sends requests to the service's nodes in turn, and repeats them as a client should.
 * @param address the address in X-Forwarded-For, so that each client has its own rate limit
 */
export function createClient(urls: string[], journal: Journal, address: string) {
  let turn = 0;

  /**
   * Sends a request to one node after the other until the answer is not 503.
   * @throws Error if the answer is not the expected one
   */
  async function send(route: string, call: Call): Promise<Answer> {
    const end = performance.now() + RETRY_TIMEOUT_MS;
    for (let isRepeat = false; ; isRepeat = true) {
      const answer = await sendOnce(route, call);
      if (answer && answer.status !== 503) {
        if (isOutcome(answer, call.expected)) return answer;
        if (isRepeat && isOutcome(answer, call.onRepeat)) return answer;
        throw new Error(`${route} was answered with ${answer.status} ${answer.text}`);
      }
      if (performance.now() > end)
        throw new Error(`${route} failed for ${RETRY_TIMEOUT_MS / 1000} seconds`);
      journal[answer ? 'unavailable' : 'unreachable'] += 1;
      const seconds = Number(answer?.headers.get('Retry-After') ?? 1);
      await sleep(seconds * 1000 * (1 + Math.random()));
    }
  }

  /** Sends a request once. @returns undefined if the connection failed or no answer came */
  async function sendOnce(route: string, call: Call): Promise<Answer | undefined> {
    const { access, body, idempotencyKey } = call;
    const [method = '', path = ''] = route.split(' ');
    turn += 1;
    const start = performance.now();
    try {
      const response = await fetch(`${urls[turn % urls.length]}${path}`, {
        method,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        headers: {
          'X-Forwarded-For': address,
          ...(access !== undefined && { Authorization: `Bearer ${access}` }),
          ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
          ...(body && { 'Content-Type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      if (error instanceof DOMException) {
        const seconds = ANSWER_TIMEOUT_MS / 1000;
        journal.faults.push(`${route} was not answered in ${seconds} seconds`);
      }
      return undefined;
    } finally {
      journal.countRequest(performance.now() - start);
    }
  }

  return { send };
}

function isOutcome({ status, text }: Answer, outcome: Outcome | undefined): boolean {
  const [expected, code] = String(outcome).split(' ');
  return String(status) === expected && (!code || JSON.parse(text).code === code);
}
