import type { ServerResponse } from 'node:http';

/** The limit of the total of responses that clients have not read yet. */
const MAX_UNREAD_BYTES = 64 * 2 ** 20;

type Stage = 'arriving' | 'answering' | 'being read';

interface PendingResponse {
  stage: Stage;
  /** When the stage began. */
  since: number;
  /** Responds with 503. */
  abort: () => void;
}

/**
 * Limits how long a request is worked on, and how long its client takes to read the response. Node has
 * time limits only for the arrival of a request (`requestTimeout`, `headersTimeout`). The pending
 * responses are checked at intervals, as Node does with those.
 */
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
   * Aborts requests that are overdue. Closes the connections of clients that do not read in time, and
   * the oldest ones while the unread responses exceed their limit.
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
