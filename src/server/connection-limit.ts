import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The state of one connection. */
export interface Connection {
  readonly socket: Duplex;
  /** How many of its requests have no complete response yet (pipelining). */
  pending: number;
  latestResponse: ServerResponse | undefined;
  /** Whether it was opened above the limit: its requests are rejected while there are too many. */
  isSurplus: boolean;
  /** Whether its last response has been written. */
  isClosing: boolean;
}

/**
 * Limits the number of open connections. A connection above the limit replaces the one that has been
 * idle for longest, as browsers and pools of clients keep many idle connections. If none is idle, it
 * stays open as surplus, so that its requests can be answered with 503 instead of a reset.
 */
export class ConnectionLimit {
  readonly #maxConnections: number;
  readonly #open = new Map<Duplex, Connection>();
  /** The connections without a pending request, the longest idle first. */
  readonly #idle = new Set<Connection>();

  constructor(maxConnections: number) {
    this.#maxConnections = maxConnections;
  }

  add(socket: Duplex): void {
    const connection: Connection = {
      socket,
      pending: 0,
      latestResponse: undefined,
      isSurplus: false,
      isClosing: false,
    };
    this.#open.set(socket, connection);
    socket.once('close', () => this.#remove(connection));
    if (!this.#isFull()) return;
    const [idle] = this.#idle;
    connection.isSurplus = idle === undefined;
    if (!idle) return;
    this.#remove(idle);
    idle.socket.destroy();
  }

  find(socket: Duplex): Connection | undefined {
    return this.#open.get(socket);
  }

  /** Counts a request of the connection as pending until its response is closed. */
  beginRequest(socket: Duplex, response: ServerResponse): Connection | undefined {
    const connection = this.#open.get(socket);
    if (!connection) return undefined;
    connection.pending += 1;
    connection.latestResponse = response;
    connection.isSurplus &&= this.#isFull();
    this.#idle.delete(connection);
    response.once('close', () => this.#endRequest(connection));
    return connection;
  }

  #endRequest(connection: Connection): void {
    connection.pending -= 1;
    if (connection.pending === 0 && !connection.socket.destroyed) this.#idle.add(connection);
  }

  #isFull(): boolean {
    return this.#open.size > this.#maxConnections;
  }

  #remove(connection: Connection): void {
    this.#open.delete(connection.socket);
    this.#idle.delete(connection);
  }
}
