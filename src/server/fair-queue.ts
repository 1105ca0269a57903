/**
 * A queue that serves its keys in turns: the next item is the oldest of the next key. With one key it
 * is first in, first out.
 */
export class FairQueue<T> {
  /** In the order of their turns; none is empty. */
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

  /** Takes the next item. */
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

  /** Takes the newest item of the key with the most, if that key has at least two more than `key`. */
  popLongestFor(key: string): T | undefined {
    let longest: T[] = [];
    for (const list of this.#lists.values()) if (list.length > longest.length) longest = list;
    const own = this.#lists.get(key)?.length ?? 0;
    if (longest.length < own + 2) return undefined;
    this.#length -= 1;
    return longest.pop();
  }
}
