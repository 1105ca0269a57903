import { FairQueue } from './fair-queue.ts';

export interface QueueLimits {
  /** How many requests run at the same time. */
  maxConcurrent: number;
  /** How many more may wait, in a burst. */
  maxQueued: number;
  /** CoDel's target: an acceptable queueing delay. 100 by default. */
  targetDelayMs?: number;
  /** How long a rejection is delayed, so that clients do not retry at once. */
  rejectionDelayMs?: number;
}

/** The outcome of waiting for a slot. `abandoned`: the client has disconnected. */
export type Admission = 'started' | 'rejected' | 'abandoned';

interface QueuedRequest {
  queuedAt: number;
  isAbandoned: () => boolean;
  settle: (admission: Admission) => void;
}

const TARGET_DELAY_MS = 100;

/** CoDel's interval: how long a burst may keep the delay above the target. */
const INTERVAL_MS = 1_000;

/** The share of `maxQueued` that may wait during overload. */
const OVERLOAD_QUEUE_SHARE = 1 / 8;

const MAX_STARTS_PER_TICK = 16;
const MAX_REJECTIONS_PER_TICK = 16;

/**
 * Limits concurrency: some requests run, the others wait. Requests with the same key start in the
 * order of their arrival, and the keys take turns. In a full queue, the key with the most waiting
 * requests loses its newest one, so that one key cannot keep the others out.
 *
 * Overload is detected by queueing delay, as in CoDel (RFC 8289). If every request that started in a
 * whole interval had waited longer than the target delay, more requests arrive than are answered. A
 * long queue would only make every response late, so it is limited to an eighth.
 *
 * CPU load and event-loop delay are no measure: with an asynchronous database the process is idle while
 * overloaded, and SQLite delays the loop in ordinary bursts.
 *
 * At most 16 requests start per tick of the event loop, so that health checks run in between, and
 * requests wait in this queue instead of the sockets. At most 16 rejections are written per tick: a
 * 503 costs a tenth of a normal response, and at ten times the load they would use all the CPU.
 */
export class RequestQueue {
  readonly #limits: QueueLimits;
  readonly #onReject: () => void;
  readonly #queue = new FairQueue<QueuedRequest>();
  readonly #rejections: (() => void)[] = [];
  #running = 0;
  #rejected = 0;
  /** When the delay rose above the target, if it has stayed there since. */
  #lateSince: number | undefined;
  #isScheduled = false;

  constructor(limits: QueueLimits, onReject = () => {}) {
    this.#limits = limits;
    this.#onReject = onReject;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get rejected(): number {
    return this.#rejected;
  }

  /**
   * Waits for a slot. After `started`, the caller calls `release` when the work is done.
   * @param key the requests of different keys take turns
   */
  acquire(isAbandoned: () => boolean, key = ''): Promise<Admission> {
    if (!this.#hasRoom()) {
      const evicted = this.#queue.popLongestFor(key);
      if (!evicted) return this.reject();
      void this.reject().then(evicted.settle);
    }
    const { promise, resolve: settle } = Promise.withResolvers<Admission>();
    this.#queue.push(key, { queuedAt: performance.now(), isAbandoned, settle });
    this.#schedule();
    return promise;
  }

  release(): void {
    this.#running -= 1;
    this.#schedule();
  }

  /** Counts a rejection, and waits until its 503 may be written. */
  reject({ isImmediate = false } = {}): Promise<'rejected'> {
    this.#rejected += 1;
    this.#onReject();
    if (isImmediate) return Promise.resolve('rejected');
    const { promise, resolve } = Promise.withResolvers<'rejected'>();
    const { rejectionDelayMs = 0 } = this.#limits;
    const add = () => {
      this.#rejections.push(() => resolve('rejected'));
      this.#schedule();
    };
    if (rejectionDelayMs > 0) setTimeout(add, rejectionDelayMs);
    else add();
    return promise;
  }

  #hasRoom(): boolean {
    const { maxQueued } = this.#limits;
    const isOverloaded =
      this.#lateSince !== undefined && performance.now() - this.#lateSince > INTERVAL_MS;
    const limit = isOverloaded ? Math.max(1, maxQueued * OVERLOAD_QUEUE_SHARE) : maxQueued;
    return this.#queue.length < limit;
  }

  #schedule(): void {
    if (this.#isScheduled || !(this.#canStart() || this.#rejections.length > 0)) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      for (let n = 0; n < MAX_STARTS_PER_TICK && this.#canStart(); n += 1) this.#startNext();
      for (const write of this.#rejections.splice(0, MAX_REJECTIONS_PER_TICK)) write();
      this.#schedule();
    });
  }

  #canStart(): boolean {
    return this.#running < this.#limits.maxConcurrent && this.#queue.length > 0;
  }

  #startNext(): void {
    const next = this.#queue.shift();
    if (!next) return;
    const now = performance.now();
    const { targetDelayMs = TARGET_DELAY_MS } = this.#limits;
    const isLate = now - next.queuedAt > targetDelayMs && this.#queue.length > 0;
    this.#lateSince = isLate ? (this.#lateSince ?? now) : undefined;
    const isAbandoned = next.isAbandoned();
    if (!isAbandoned) this.#running += 1;
    next.settle(isAbandoned ? 'abandoned' : 'started');
  }
}
