import type { ServerResponse } from 'node:http';

/** How many bytes of answers may wait for clients that do not read them. */
const MAX_UNREAD_BYTES = 64 * 2 ** 20;

type Stage = 'arriving' | 'answering' | 'being read';

interface PendingResponse {
  stage: Stage;
  /** When it entered its stage. */
  since: number;
  /** Answers with 503. */
  abort: () => void;
}

/** Limits the time that each stage of a request takes. */
export class ResponseTimeouts {
  readonly #limitMs: number;
  readonly #now: () => number;
  readonly #pending = new Map<ServerResponse, PendingResponse>();

  /** @param now a clock in milliseconds */
  constructor(limitMs: number, now = () => performance.now()) {
    this.#limitMs = limitMs;
    this.#now = now;
  }

  add(response: ServerResponse, abort: () => void): void {
    this.#pending.set(response, { stage: 'arriving', since: this.#now(), abort });
    response.once('close', () => this.#pending.delete(response));
  }

  /**
   * Aborts what has been worked on for too long. Closes connections whose client does not read its
   * answers in time, or not before they fill the memory. (Requests that take too long to arrive are
   * reported by Node itself.)
   */
  check(): void {
    const now = this.#now();
    let unreadBytes = 0;
    for (const [response, pending] of [...this.#pending].reverse()) {
      const stage = findStage(response);
      if (pending.stage !== stage) Object.assign(pending, { stage, since: now });
      unreadBytes += response.writableLength;
      const isOverdue = stage !== 'arriving' && now - pending.since > this.#limitMs;
      const isTooMuch = stage === 'being read' && unreadBytes > MAX_UNREAD_BYTES;
      if (isOverdue && !response.headersSent) pending.abort();
      else if (isOverdue || isTooMuch) response.destroy();
    }
  }
}

function findStage(response: ServerResponse): Stage {
  if (response.headersSent) return 'being read';
  return response.req.complete ? 'answering' : 'arriving';
}
