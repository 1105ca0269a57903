import type { RequestHandler } from 'express';
import type { operationsOf } from './contract.ts';
import type { OperationId } from './operation.ts';
import { unavailable } from './problem.ts';
import { leaveWith, send, withRequestId } from './send.ts';

export interface LaneLimits {
  /** How many requests are worked on at once. */
  atOnce: number;
  /** How many wait for that at most, in a burst. */
  waiting: number;
}

/** A request that waits for its turn. */
interface Waiting {
  /** When it began to wait. */
  since: number;
  isGone: () => boolean;
  begin: () => void;
}

/** A wait that nobody minds, in milliseconds. */
const SOON = 100;

/** For how long nobody may have begun sooner than that before it is no burst any more. */
const BURST = 1_000;

/** What is left of the room to wait in when it is no burst. */
const STANDING = 1 / 8;

/** How many begin in a turn of the event loop: health waits for no more of them than that. */
const BEGUN = 16;

/** How many are told in a turn that they are shed: with more than that few would be answered. */
const TOLD = 16;

/**
 * Requests that are worked on a few at a time, in the order of their arrival; the others wait, and
 * where there is no room to wait they are shed.
 *
 * What tells overload is how many wait, and for how long. Neither the processor nor the delay of the
 * event loop would do: an asynchronous database can be overloaded while this process is idle, and an
 * embedded one delays the loop with every ordinary burst. A burst on a service that has time finds a
 * long queue, and all of it is answered. When for a whole second nobody has begun soon, more comes in
 * than goes out, and a long queue would only make everyone's answer late: then an eighth of it is
 * left, until somebody begins soon again, or nobody waits. (So tells CoDel, RFC 8289, a bad queue
 * from a good one.)
 *
 * A few begin in each turn of the event loop. An embedded database answers a request in one go, so
 * that otherwise the queue would be in the sockets, where nobody sees it; and in between health is
 * told, at once. Of those who are shed as many hear so in each turn: to tell one costs some tenth of
 * an answer, so that at ten times the load nothing else would be done.
 */
export class Lane {
  #limits: LaneLimits;
  #onShed: () => void;
  #now: () => number;
  #running = 0;
  #shed = 0;
  #queue: Waiting[] = [];
  #untold: (() => void)[] = [];
  /** Since when nobody has begun soon. */
  #lateSince: number | undefined;
  #isScheduled = false;

  /** @param onShed is told of each that is shed */
  constructor(limits: LaneLimits, onShed = () => {}, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#onShed = onShed;
    this.#now = now;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** How many were shed so far. */
  get shed(): number {
    return this.#shed;
  }

  hasRoom(): boolean {
    const isBurst = this.#lateSince === undefined || this.#now() - this.#lateSince <= BURST;
    const { waiting } = this.#limits;
    return this.#queue.length < (isBurst ? waiting : Math.max(1, waiting * STANDING));
  }

  /** Lets `begin` be called when it is its turn, unless whoever asked is gone by then. */
  enter(request: Omit<Waiting, 'since'>): void {
    this.#queue.push({ ...request, since: this.#now() });
    this.#schedule();
  }

  /** One that had begun is done, and no work for it goes on. */
  leave(): void {
    this.#running -= 1;
    this.#schedule();
  }

  /** Sheds one that there is no room for: `tell` is called soon, or at once. */
  refuse(tell: () => void, { isAtOnce = false } = {}): void {
    this.#shed += 1;
    this.#onShed();
    if (isAtOnce) tell();
    else this.#untold.push(tell);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || !(this.#canBegin() || this.#untold.length > 0)) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      for (let n = 0; n < BEGUN && this.#canBegin(); n += 1) this.#begin(this.#queue.shift());
      for (const tell of this.#untold.splice(0, TOLD)) tell();
      this.#schedule();
    });
  }

  #canBegin(): boolean {
    return this.#running < this.#limits.atOnce && this.#queue.length > 0;
  }

  #begin(next: Waiting | undefined): void {
    if (!next) return;
    const now = this.#now();
    const isLate = now - next.since > SOON && this.#queue.length > 0;
    this.#lateSince = isLate ? (this.#lateSince ?? now) : undefined;
    if (next.isGone()) return;
    this.#running += 1;
    next.begin();
  }
}

/** Which lane a request is in; one that has none is not shed: it tells how the service is. */
export type LaneOf = (request: {
  method?: string | undefined;
  url?: string | undefined;
}) => Lane | undefined;

/**
 * Lanes by operation.
 * @param routes the operations with their methods and paths
 * @param special operations with a lane of their own; `undefined` is none
 */
export function lanes(
  routes: ReturnType<typeof operationsOf>,
  special: Partial<Record<OperationId, Lane | undefined>>,
  others: Lane,
): LaneOf {
  const byRoute = new Map<string, Lane | undefined>([
    ['GET /metrics', undefined],
    ['HEAD /metrics', undefined],
  ]);
  for (const { method, path, operation } of routes) {
    if (!Object.hasOwn(special, operation.operationId ?? '')) continue;
    const lane = special[operation.operationId as OperationId]; // which it has
    byRoute.set(`${method.toUpperCase()} ${path}`, lane);
    if (method === 'get') byRoute.set(`HEAD ${path}`, lane);
  }
  return ({ method = '', url = '' }) => {
    if (method === 'OPTIONS') return undefined; // a preflight that fails hides the answer
    const [path = ''] = url.split('?', 1);
    const route = `${method} ${path}`;
    return byRoute.has(route) ? byRoute.get(route) : others;
  };
}

/**
 * Lets requests that have been read whole begin when it is their turn. What they ask for costs
 * nothing until then; whoever is gone by then has cost nothing.
 */
export function takeTurns(laneOf: LaneOf): RequestHandler {
  return (request, response, next) => {
    const lane = laneOf({ method: request.method, url: request.originalUrl });
    if (!lane) return next();
    if (!lane.hasRoom()) {
      const id = response.get('X-Request-Id') ?? '';
      return lane.refuse(() => send(response, withRequestId(unavailable(), id)));
    }
    lane.enter({
      isGone: () => response.writableEnded || response.destroyed,
      begin() {
        leaveWith(response, () => lane.leave());
        next();
      },
    });
  };
}
