import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The open connections; those that were opened when there were too many are surplus. */
export class Connections {
  #most: number;
  #open = new Set<Socket>();
  #surplus = new WeakSet<Socket>();
  /** Those with requests under way, with their number. */
  #busy = new Map<Socket, number>();
  /** Those that have had an answer and ask for nothing more, the longest idle first. */
  #idle = new Set<Socket>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Where there are too many, the one that has been idle for longest makes room. */
  add(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => this.#remove(socket));
    if (this.#open.size <= this.#most) return;
    const [idle] = this.#idle;
    if (!idle) {
      this.#surplus.add(socket);
      return;
    }
    this.#remove(idle);
    idle.destroy();
  }

  /** Whether there is no place for it yet. */
  isSurplus(socket: Socket): boolean {
    if (this.#open.size <= this.#most) this.#surplus.delete(socket);
    return this.#surplus.has(socket);
  }

  #remove(socket: Socket): void {
    this.#open.delete(socket);
    this.#busy.delete(socket);
    this.#idle.delete(socket);
  }

  /** @returns how many requests of the connection are under way now */
  begin(socket: Socket): number {
    const count = (this.#busy.get(socket) ?? 0) + 1;
    this.#busy.set(socket, count);
    this.#idle.delete(socket);
    return count;
  }

  end(socket: Socket): void {
    const count = (this.#busy.get(socket) ?? 0) - 1;
    if (count > 0) {
      this.#busy.set(socket, count);
      return;
    }
    this.#busy.delete(socket);
    if (!socket.destroyed) this.#idle.add(socket);
  }
}

/** How many bytes of answers may wait for clients that do not read them. */
const UNREAD = 64 * 2 ** 20;

type Stage = 'arriving' | 'answering' | 'being read';

/** The requests that are not over, each with the stage that it is in and since when. */
export class Pending {
  #limit: number;
  #answer: (response: ServerResponse) => void;
  #now: () => number;
  #requests = new Map<ServerResponse, { stage: Stage; since: number }>();

  /**
   * @param limit how long each stage may take, in milliseconds
   * @param answer answers what has taken longer
   */
  constructor(
    limit: number,
    answer: (response: ServerResponse) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#limit = limit;
    this.#answer = answer;
    this.#now = now;
  }

  add(response: ServerResponse): void {
    this.#requests.set(response, { stage: 'arriving', since: this.#now() });
    response.once('close', () => this.#requests.delete(response));
  }

  /**
   * Answers what has been worked on for too long, and hangs up on those who do not read their
   * answers, in time or when they are too much for the memory. (What takes too long to arrive Node
   * reports by itself.)
   */
  check(): void {
    const now = this.#now();
    let unread = 0;
    for (const [response, state] of [...this.#requests].reverse()) {
      const stage = stageOf(response);
      if (state.stage !== stage) Object.assign(state, { stage, since: now });
      unread += response.writableLength;
      const isOverdue = stage !== 'arriving' && now - state.since > this.#limit;
      if (isOverdue && !response.headersSent) this.#answer(response);
      else if (isOverdue || (stage === 'being read' && unread > UNREAD)) response.destroy();
    }
  }
}

function stageOf(response: ServerResponse): Stage {
  if (response.headersSent) return 'being read';
  return response.req.complete ? 'answering' : 'arriving';
}
