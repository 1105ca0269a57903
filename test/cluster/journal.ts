/** What the clients saw of the service, all of them together. */
export class Journal {
  /** When writes were answered, by `performance.now()`. */
  readonly writes: number[] = [];
  requests = 0;
  /** Requests that had to be sent again: after a 503, or after no answer at all. */
  unavailable = 0;
  unreachable = 0;
  /** What should not have happened. */
  readonly faults: string[] = [];
  #slowest = 0;

  get retries(): number {
    return this.unavailable + this.unreachable;
  }

  /** @param time how long the answer, or its absence, took, in milliseconds */
  asked(time: number): void {
    this.requests += 1;
    this.#slowest = Math.max(this.#slowest, time);
  }

  /** The longest of those times since it was last taken. */
  takeSlowest(): number {
    const slowest = this.#slowest;
    this.#slowest = 0;
    return slowest;
  }

  /**
   * The longest time from one answered write to the next since a moment, in milliseconds: the first
   * one counts from the last before that moment.
   */
  longestGap(since: number): number {
    const first = this.writes.findIndex((at) => at >= since);
    if (first < 0) return performance.now() - (this.writes.at(-1) ?? since);
    const writes = this.writes.slice(Math.max(0, first - 1));
    return Math.max(...writes.slice(1).map((at, index) => at - (writes[index] ?? at)));
  }
}
