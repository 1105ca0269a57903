/** A lock for each key. Waiters of one key get its lock in the order of arrival. */
export class KeyedMutex {
  readonly #maxQueued: number;
  readonly #queues = new Map<string, (() => void)[]>();

  /** @param maxQueued the maximum number of waiters for one key */
  constructor(maxQueued = Number.POSITIVE_INFINITY) {
    this.#maxQueued = maxQueued;
  }

  /**
   * Waits until the key is free and locks it until the lock is disposed.
   * @returns undefined at once if too many wait already
   */
  async lock(key: string): Promise<Disposable | undefined> {
    const queue = this.#queues.get(key);
    if (!queue) this.#queues.set(key, []);
    else if (queue.length >= this.#maxQueued) return undefined;
    else await new Promise<void>((resolve) => queue.push(resolve));
    return { [Symbol.dispose]: () => this.#unlock(key) };
  }

  #unlock(key: string): void {
    const next = this.#queues.get(key)?.shift();
    if (next) next();
    else this.#queues.delete(key);
  }
}
