import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** What is known of one connection. */
export interface Connection {
  readonly socket: Duplex;
  /** How many of its requests are being answered (pipelining). */
  pending: number;
  latestResponse: ServerResponse | undefined;
  /** Whether it was opened when there were too many; it is rejected while there are. */
  isSurplus: boolean;
  /** Whether it has been answered for the last time. */
  isClosing: boolean;
}

/** The open connections, with a limit. */
export class ConnectionLimit {
  readonly #maxConnections: number;
  readonly #open = new Map<Duplex, Connection>();
  /** Those without a pending request, the longest idle first. */
  readonly #idle = new Set<Connection>();

  constructor(maxConnections: number) {
    this.#maxConnections = maxConnections;
  }

  /** Where there are too many, the one that has been idle for longest is closed. */
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

  /** A request of the connection begins; `end` is called when its response is closed. */
  beginRequest(socket: Duplex, response: ServerResponse): Connection | undefined {
    const connection = this.#open.get(socket);
    if (!connection) return undefined;
    connection.pending += 1;
    connection.latestResponse = response;
    connection.isSurplus &&= this.#isFull();
    this.#idle.delete(connection);
    response.once('close', () => this.#end(connection));
    return connection;
  }

  #end(connection: Connection): void {
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
