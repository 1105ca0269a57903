import { setTimeout as sleep } from 'node:timers/promises';

/** Time as the service sees it; tests bring their own. */
export interface Clock {
  /** Milliseconds since 1970: what lifetimes are counted in. */
  now(): number;
  /**
   * Microseconds since 1970, never going back within a process: tells which of two events came
   * first. Two events of one millisecond still differ, which `now` cannot promise.
   */
  stamp(): number;
  /** Resolves as soon as `stamp()` is greater than `stamp`. */
  passed(stamp: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  stamp: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  async passed(stamp) {
    for (let left = stamp - this.stamp(); left >= 0; left = stamp - this.stamp()) {
      await sleep(Math.ceil(left / 1000));
    }
  },
};
