import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './journal.ts';

/** What goes with a request, and what is to come back. */
export interface Call {
  access?: string;
  body?: object;
  idempotencyKey?: string;
  expected: Outcome;
  /** What may come back, too, when an earlier try has done the work without an answer. */
  onRepeat?: Outcome;
}

/** A status, and the `code` of a problem. */
type Outcome = number | `${number} ${string}`;

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** For so long a client waits for one answer, and repeats one request (milliseconds). */
const ANSWER_TIMEOUT = 30_000;
const PATIENCE = 120_000;

/** Sends requests to the service's nodes in turn, and repeats them as a good client does. */
export class Client {
  #urls: string[];
  #journal: Journal;
  #address: string;
  #turn = 0;

  /** @param address where it says that it is, so that each client has budgets of its own */
  constructor(urls: string[], journal: Journal, address: string) {
    this.#urls = urls;
    this.#journal = journal;
    this.#address = address;
  }

  /**
   * Asks until there is an answer other than 503, each time another node.
   * @throws Error when the answer is not the one that was to come
   */
  async send(route: string, call: Call): Promise<Answer> {
    const end = performance.now() + PATIENCE;
    for (let isRepeat = false; ; isRepeat = true) {
      const answer = await this.#ask(route, call);
      if (answer && answer.status !== 503) {
        if (isOutcome(answer, call.expected)) return answer;
        if (isRepeat && isOutcome(answer, call.onRepeat)) return answer;
        throw new Error(`${route} was answered with ${answer.status} ${answer.text}`);
      }
      if (performance.now() > end)
        throw new Error(`${route} failed for ${PATIENCE / 1000} seconds`);
      this.#journal[answer ? 'unavailable' : 'unreachable'] += 1;
      const seconds = Number(answer?.headers.get('Retry-After') ?? 1);
      await sleep(seconds * 1000 * (1 + Math.random()));
    }
  }

  /** One try; undefined when the connection failed or nothing came. */
  async #ask(route: string, call: Call): Promise<Answer | undefined> {
    const { access, body, idempotencyKey } = call;
    const [method = '', path = ''] = route.split(' ');
    this.#turn += 1;
    const start = performance.now();
    try {
      const response = await fetch(`${this.#urls[this.#turn % this.#urls.length]}${path}`, {
        method,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT),
        headers: {
          'X-Forwarded-For': this.#address,
          ...(access !== undefined && { Authorization: `Bearer ${access}` }),
          ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
          ...(body && { 'Content-Type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      if (error instanceof DOMException) {
        this.#journal.faults.push(`${route} was not answered in ${ANSWER_TIMEOUT / 1000} seconds`);
      }
      return undefined;
    } finally {
      this.#journal.asked(performance.now() - start);
    }
  }
}

function isOutcome({ status, text }: Answer, outcome: Outcome | undefined): boolean {
  const [expected, code] = String(outcome).split(' ');
  return String(status) === expected && (!code || JSON.parse(text).code === code);
}
