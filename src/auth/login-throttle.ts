import { hash } from 'node:crypto';
import type { Db } from '../database/connect.ts';
import {
  decrementCounter,
  deleteCounter,
  findCounters,
  incrementCounter,
} from '../database/counters.ts';
import { transact } from '../database/transaction.ts';
import { toNetwork } from './client-network.ts';
import { toUsernameKey } from './user-repository.ts';

interface FreeFailures {
  /** Failed logins of one user name from one network. */
  login: number;
  /** Failed logins from one network, of any user names; also its registrations. */
  loginPerAddress: number;
  /** Rejected refresh tokens from one network. */
  refresh: number;
}

/** A limit that an attempt counts against, for one user or one network. */
type Limit = ReturnType<ReturnType<typeof defineLimit>>;

/** A login whose password may be verified. */
export interface CountedLogin {
  outcome: 'counted';
  /** The delay of the user over all networks, if there is one. */
  delaySeconds: number | undefined;
  counted: Limit[];
}

export type LoginAttempt = { outcome: 'wait'; seconds: number } | CountedLogin;

/**
 * Throttles the guessing of passwords by delays that grow exponentially, as OWASP's Authentication
 * Cheat Sheet describes. It never locks an account, because an attacker could lock out the owner. The
 * counters are in the database, so all processes share them. After the free failures, one attempt is
 * allowed for each delay. Each check is one atomic statement, so concurrent attempts are counted one
 * by one.
 */
export class LoginThrottle {
  #limits;
  #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor({ login, loginPerAddress, refresh }: FreeFailures, now: () => number) {
    this.#now = now;
    this.#limits = {
      perUserAndNetwork: defineLimit('login-here', login, 3600, 900),
      perNetwork: defineLimit('login-address', loginPerAddress, 3600, 900),
      // Slows down an attacker who has many addresses. It cannot keep the owner out: they need not
      // wait on a network where they have a session (see `withVerifiedPassword`).
      perUser: defineLimit('login-anywhere', 20 * login, 3600, 30),
      refresh: defineLimit('refresh', refresh, 900, 60),
      register: defineLimit('register', loginPerAddress, 3600, 60),
    };
  }

  /**
   * Reads the delay of a login without counting it. `countLogin` decides: many attempts may read the
   * delay before the first of them is counted.
   * @returns the seconds to wait, if any
   */
  async findLoginDelay(db: Db, username: string, address: string): Promise<number | undefined> {
    return this.#findDelay(db, this.#listNetworkLimits(username, address));
  }

  /**
   * Counts a login before its password is verified, whether the user exists or not. An attempt that
   * has to wait for a limit of its network counts nowhere. An attempt that has to wait for the limit
   * of the user still counts for its network.
   */
  async countLogin(db: Db, username: string, address: string): Promise<LoginAttempt> {
    const networkLimits = this.#listNetworkLimits(username, address);
    const seconds = await this.#count(db, networkLimits);
    if (seconds !== undefined) return { outcome: 'wait', seconds };
    const userLimit = this.#limits.perUser(hash('sha256', toUsernameKey(username)));
    const delaySeconds = await this.#count(db, [userLimit]);
    const counted = delaySeconds === undefined ? [...networkLimits, userLimit] : networkLimits;
    return { outcome: 'counted', delaySeconds, counted };
  }

  /** Takes back the count of a login that has succeeded: only failures stay counted. */
  async refundLogin(db: Db, { counted }: CountedLogin): Promise<void> {
    await this.#refund(db, counted, counted);
  }

  /** Reads the delay of a registration without counting it. */
  async findRegistrationDelay(db: Db, address: string): Promise<number | undefined> {
    return this.#findDelay(db, [this.#limits.register(toNetwork(address))]);
  }

  /** @returns the seconds to wait, if any */
  async countRegistration(db: Db, address: string): Promise<number | undefined> {
    return this.#count(db, [this.#limits.register(toNetwork(address))]);
  }

  /**
   * Counts a refresh after its token was rejected. Tokens cannot be guessed, so there is no need to
   * count before. A good token never waits because of other clients on its network.
   * @returns the seconds to wait, if any
   */
  async countRejectedRefresh(db: Db, address: string): Promise<number | undefined> {
    const limits = [this.#limits.refresh(toNetwork(address))];
    const delay = await this.#findDelay(db, limits);
    return delay ?? transact(db, (trx) => this.#count(trx, limits));
  }

  #listNetworkLimits(username: string, address: string): Limit[] {
    const network = toNetwork(address);
    return [
      this.#limits.perUserAndNetwork(hash('sha256', `${toUsernameKey(username)}\0${network}`)),
      this.#limits.perNetwork(network),
    ];
  }

  /** @returns the seconds that `#count` would find */
  async #findDelay(db: Db, limits: Limit[]): Promise<number | undefined> {
    const now = this.#now();
    const keys = limits.flatMap(({ failuresKey, delayKey }) => [failuresKey, delayKey]);
    const counters = new Map((await findCounters(db, keys, now)).map((row) => [row.key, row]));
    for (const { failuresKey, delayKey, freeFailures, maxDelaySeconds } of limits) {
      const failures = counters.get(failuresKey)?.points ?? 0;
      const seconds = ((counters.get(delayKey)?.expire ?? now) - now) / 1000;
      // A longer delay was written by a clock that was ahead; `#count` makes it shorter.
      if (failures >= freeFailures && seconds > 0 && seconds <= maxDelaySeconds) return seconds;
    }
    return undefined;
  }

  /**
   * Counts an attempt against each limit. Over the free failures, it has to acquire the one slot of
   * the current delay. An attempt that has to wait counts nowhere and holds no slot.
   * @returns the seconds to wait, if any
   */
  async #count(db: Db, limits: Limit[]): Promise<number | undefined> {
    const acquired: Limit[] = [];
    for (const [index, limit] of limits.entries()) {
      const counter = { key: limit.failuresKey, durationMs: limit.windowSeconds * 1000 };
      const { points } = await incrementCounter(db, counter, this.#now());
      const excess = points - limit.freeFailures;
      if (excess <= 0) continue;
      const wait = await this.#acquireSlot(db, limit, excess);
      if (wait !== undefined) {
        await this.#refund(db, limits.slice(0, index + 1), acquired);
        return wait;
      }
      acquired.push(limit);
    }
    return undefined;
  }

  async #refund(db: Db, counted: Limit[], acquired: Limit[]) {
    for (const { failuresKey } of counted) await decrementCounter(db, failuresKey);
    for (const { delayKey } of acquired) await deleteCounter(db, delayKey);
  }

  async #acquireSlot(db: Db, { delayKey, maxDelaySeconds }: Limit, excess: number) {
    const now = this.#now();
    const seconds = Math.min(2 ** (excess - 1), maxDelaySeconds);
    const slot = { key: delayKey, durationMs: seconds * 1000 };
    const { points, expire } = await incrementCounter(db, slot, now);
    return points > 1 ? (expire - now) / 1000 : undefined;
  }
}

/**
 * Defines how many failures of one kind are free, and how long the delays after them are.
 * @param windowSeconds how long a failure counts
 * @param maxDelaySeconds the delay starts at one second and doubles with each failure, up to this
 * @returns makes the limit for a user or a network
 */
function defineLimit(
  name: string,
  freeFailures: number,
  windowSeconds: number,
  maxDelaySeconds: number,
) {
  return (key: string) => ({
    failuresKey: `${name}:${key}`,
    delayKey: `${name}-pause:${key}`,
    freeFailures,
    windowSeconds,
    maxDelaySeconds,
  });
}
