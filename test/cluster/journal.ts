/** The observations of all clients. */
export class Journal {
  /** When writes were answered, by `performance.now()`. */
  readonly writes: number[] = [];
  requests = 0;
  /** Requests that were repeated after a 503, and after no answer. */
  unavailable = 0;
  unreachable = 0;
  /** Descriptions of wrong answers. */
  readonly faults: string[] = [];
  #slowest = 0;

  get retries(): number {
    return this.unavailable + this.unreachable;
  }

  /** @param time the time until the answer or the failure, in milliseconds */
  countRequest(time: number): void {
    this.requests += 1;
    this.#slowest = Math.max(this.#slowest, time);
  }

  /** The longest of these times since the last call. */
  takeSlowest(): number {
    const slowest = this.#slowest;
    this.#slowest = 0;
    return slowest;
  }

  /**
   * The longest time between two answered writes since a moment, in milliseconds. The first interval
   * starts with the last write before that moment.
   */
  longestGap(since: number): number {
    const first = this.writes.findIndex((at) => at >= since);
    if (first < 0) return performance.now() - (this.writes.at(-1) ?? since);
    const writes = this.writes.slice(Math.max(0, first - 1));
    return Math.max(...writes.slice(1).map((at, index) => at - (writes[index] ?? at)));
  }
}
