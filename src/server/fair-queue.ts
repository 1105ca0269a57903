/**
 * Round-robin scheduling, as in fair queueing (RFC 970): each key has a queue of its own, and the keys
 * take turns. With one key it is first in, first out.
 */
export class FairQueue<T> {
  /** By key, in the order of their turns. No list is empty. */
  readonly #lists = new Map<string, T[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(key: string, item: T): void {
    const list = this.#lists.get(key);
    if (list) list.push(item);
    else this.#lists.set(key, [item]);
    this.#length += 1;
  }

  /** Removes the oldest item of the key whose turn it is. */
  shift(): T | undefined {
    const [turn] = this.#lists;
    if (!turn) return undefined;
    const [key, list] = turn;
    const item = list.shift();
    this.#length -= 1;
    this.#lists.delete(key);
    if (list.length > 0) this.#lists.set(key, list);
    return item;
  }

  /** Removes the newest item of the longest list, if that has at least two more than `key` has. */
  popLongestFor(key: string): T | undefined {
    let longest: T[] = [];
    for (const list of this.#lists.values()) if (list.length > longest.length) longest = list;
    const own = this.#lists.get(key)?.length ?? 0;
    if (longest.length < own + 2) return undefined;
    this.#length -= 1;
    return longest.pop();
  }
}
