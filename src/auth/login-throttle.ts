import { hash } from 'node:crypto';
import type { Db } from '../database/connect.ts';
import {
  type Counter,
  decrementCounter,
  deleteCounter,
  findCounters,
  incrementCounter,
} from '../database/counters.ts';
import { transact } from '../database/transaction.ts';
import { toNetwork } from './client-network.ts';
import { toUsernameKey } from './user-repository.ts';

/** How many failures of one kind are free, and what comes after them. */
interface FailureLimit {
  name: string;
  freeFailures: number;
  /** For so long a failure counts, in seconds. */
  windowSeconds: number;
  /** The delay doubles with each failure from one second up to this. */
  maxDelaySeconds: number;
}

export interface FreeFailures {
  /** Failed logins of one name from one address. */
  login: number;
  /** Failed logins from one address, of whatever names. */
  loginPerAddress: number;
  /** Refused refresh tokens from one address. */
  refresh: number;
}

/** One budget that an attempt counts in. */
type LimitKey = [limit: FailureLimit, key: string];

/** A login whose password may be verified. */
export interface CountedLogin {
  outcome: 'counted';
  /** The seconds to wait for the budget over all networks, where it is used up. */
  delaySeconds: number | undefined;
  counted: LimitKey[];
}

export type LoginAttempt = { outcome: 'wait'; seconds: number } | CountedLogin;

/** Counts attempts in the database; `now` in milliseconds. */
export class LoginThrottle {
  #limits;
  #now: () => number;

  constructor(limits: FreeFailures, now: () => number) {
    this.#now = now;
    this.#limits = {
      perUserAndNetwork: {
        name: 'login-here',
        freeFailures: limits.login,
        windowSeconds: 3600,
        maxDelaySeconds: 900,
      },
      perNetwork: {
        name: 'login-address',
        freeFailures: limits.loginPerAddress,
        windowSeconds: 3600,
        maxDelaySeconds: 900,
      },
      // From all addresses together: slows an attacker with many addresses down. It delays no owner
      // where they have a session (see `withPassword`), so it cannot be used to keep them out.
      perUser: {
        name: 'login-anywhere',
        freeFailures: 20 * limits.login,
        windowSeconds: 3600,
        maxDelaySeconds: 30,
      },
      refresh: {
        name: 'refresh',
        freeFailures: limits.refresh,
        windowSeconds: 900,
        maxDelaySeconds: 60,
      },
      register: {
        name: 'register',
        freeFailures: limits.loginPerAddress,
        windowSeconds: 3600,
        maxDelaySeconds: 60,
      },
    } satisfies Record<string, FailureLimit>;
  }

  /**
   * Reads whether a login has to wait, and counts nothing. `beginLogin` decides: many may ask before
   * the first of them is counted.
   * @returns the seconds to wait, if it has to
   */
  async findLoginDelay(db: Db, username: string, address: string): Promise<number | undefined> {
    return this.#findDelay(db, this.#listNetworkLimits(username, address));
  }

  /**
   * Counts a login before its password is verified, whether the name exists or not. The budgets of
   * the address come first: an attempt that has to wait there counts nowhere. One that has to wait
   * for the budget over all networks counts at its address all the same.
   */
  async countLogin(db: Db, username: string, address: string): Promise<LoginAttempt> {
    const local = this.#listNetworkLimits(username, address);
    const seconds = await this.#count(db, local);
    if (seconds !== undefined) return { outcome: 'wait', seconds };
    const everywhere: LimitKey = [this.#limits.perUser, hash('sha256', toUsernameKey(username))];
    const delaySeconds = await this.#count(db, [everywhere]);
    const counted = delaySeconds === undefined ? [...local, everywhere] : local;
    return { outcome: 'counted', delaySeconds, counted };
  }

  /** Gives an attempt back, as if it had not been: only failures stay counted. */
  async refundLogin(db: Db, { counted }: CountedLogin): Promise<void> {
    await this.#refund(db, counted, counted);
  }

  /** Reads whether a registration has to wait, and counts nothing. */
  async findRegistrationDelay(db: Db, address: string): Promise<number | undefined> {
    return this.#findDelay(db, [[this.#limits.register, toNetwork(address)]]);
  }

  /** Counts a registration. */
  async countRegistration(db: Db, address: string): Promise<number | undefined> {
    return this.#count(db, [[this.#limits.register, toNetwork(address)]]);
  }

  /**
   * Counts a refused refresh, once it is refused: a token cannot be guessed, and a good one must
   * not wait for what others at its address do.
   * @returns the seconds to wait, if it has to
   */
  async countRejectedRefresh(db: Db, address: string): Promise<number | undefined> {
    const limitKeys: LimitKey[] = [[this.#limits.refresh, toNetwork(address)]];
    const delay = await this.#findDelay(db, limitKeys);
    return delay ?? transact(db, (trx) => this.#count(trx, limitKeys));
  }

  #listNetworkLimits(username: string, address: string): LimitKey[] {
    const network = toNetwork(address);
    return [
      [this.#limits.perUserAndNetwork, hash('sha256', `${toUsernameKey(username)}\0${network}`)],
      [this.#limits.perNetwork, network],
    ];
  }

  /** The delay that `#begin` would find first, in seconds. */
  async #findDelay(db: Db, limitKeys: LimitKey[]): Promise<number | undefined> {
    const now = this.#now();
    const keys = limitKeys.flatMap(([limit, key]) => [
      failureCounter(limit, key),
      delayCounter(limit, key),
    ]);
    const rows = await findCounters(
      db,
      keys.map(({ key }) => key),
      now,
    );
    const counters = new Map(rows.map((row) => [row.key, row]));
    for (const [limit, key] of limitKeys) {
      const failures = counters.get(failureCounter(limit, key).key)?.points ?? 0;
      const end = counters.get(delayCounter(limit, key).key)?.expire ?? now;
      const seconds = (end - now) / 1000;
      // A longer pause was written by a clock that was ahead: `#begin` makes it shorter.
      if (failures >= limit.freeFailures && seconds > 0 && seconds <= limit.maxDelaySeconds)
        return seconds;
    }
    return undefined;
  }

  /**
   * Counts an attempt in each budget. Where the free ones are used up, it needs the one place of the
   * current delay; all of it in single statements, so that parallel attempts are counted one by one.
   * An attempt that has to wait counts nowhere, and takes no place.
   */
  async #count(db: Db, limitKeys: LimitKey[]): Promise<number | undefined> {
    const acquired: LimitKey[] = [];
    for (const [index, [limit, key]] of limitKeys.entries()) {
      const { points } = await incrementCounter(db, failureCounter(limit, key), this.#now());
      const excess = points - limit.freeFailures;
      const wait = excess > 0 ? await this.#acquireSlot(db, limit, key, excess) : undefined;
      if (wait === undefined) {
        if (excess > 0) acquired.push([limit, key]);
        continue;
      }
      await this.#refund(db, limitKeys.slice(0, index + 1), acquired);
      return wait;
    }
    return undefined;
  }

  async #refund(db: Db, counted: LimitKey[], acquired: LimitKey[]) {
    for (const [limit, key] of counted) await decrementCounter(db, failureCounter(limit, key).key);
    for (const [limit, key] of acquired) await deleteCounter(db, delayCounter(limit, key).key);
  }

  async #acquireSlot(db: Db, limit: FailureLimit, key: string, excess: number) {
    const now = this.#now();
    const delay = delayCounter(limit, key, Math.min(2 ** (excess - 1), limit.maxDelaySeconds));
    const { points, expire } = await incrementCounter(db, delay, now);
    return points > 1 ? (expire - now) / 1000 : undefined;
  }
}

function failureCounter({ name, windowSeconds }: FailureLimit, key: string): Counter {
  return { key: `${name}:${key}`, durationMs: windowSeconds * 1000 };
}

function delayCounter(
  { name, maxDelaySeconds }: FailureLimit,
  key: string,
  seconds = maxDelaySeconds,
): Counter {
  return { key: `${name}-pause:${key}`, durationMs: seconds * 1000 };
}
