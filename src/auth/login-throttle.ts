import { createHash } from 'node:crypto';
import type { Db } from '../database/connect.ts';
import {
  type Counter,
  decrementCounter,
  deleteCounter,
  findCounters,
  incrementCounter,
} from '../database/counters.ts';
import { transact } from '../database/transaction.ts';
import { networkOf } from './client-network.ts';
import { keyOf } from './user-repository.ts';

/** How many failures of one kind are free, and what comes after them. */
interface Budget {
  name: string;
  free: number;
  /** For so long a failure counts, in seconds. */
  window: number;
  /** The delay doubles with each failure from one second up to this. */
  longest: number;
}

export interface AttemptLimits {
  /** Failed logins of one name from one address. */
  login: number;
  /** Failed logins from one address, of whatever names. */
  loginPerAddress: number;
  /** Refused refresh tokens from one address. */
  refresh: number;
}

/** One budget that an attempt counts in. */
type Try = [budget: Budget, key: string];

/** A login whose password may be verified. */
export interface CountedLogin {
  outcome: 'counted';
  /** The seconds to wait for the budget over all networks, where it is used up. */
  wait: number | undefined;
  counted: Try[];
}

export type LoginAttempt = { outcome: 'wait'; seconds: number } | CountedLogin;

/** Counts attempts in the database; `now` in milliseconds. */
export class Attempts {
  #budgets;
  #now: () => number;

  constructor(limits: AttemptLimits, now: () => number) {
    this.#now = now;
    this.#budgets = {
      here: { name: 'login-here', free: limits.login, window: 3600, longest: 900 },
      address: { name: 'login-address', free: limits.loginPerAddress, window: 3600, longest: 900 },
      // From all addresses together: slows an attacker with many addresses down. It delays no owner
      // where they have a session (see `withPassword`), so it cannot be used to keep them out.
      anywhere: { name: 'login-anywhere', free: 20 * limits.login, window: 3600, longest: 30 },
      refresh: { name: 'refresh', free: limits.refresh, window: 900, longest: 60 },
      register: { name: 'register', free: limits.loginPerAddress, window: 3600, longest: 60 },
    } satisfies Record<string, Budget>;
  }

  /**
   * Reads whether a login has to wait, and counts nothing. `beginLogin` decides: many may ask before
   * the first of them is counted.
   * @returns the seconds to wait, if it has to
   */
  async findLoginDelay(db: Db, username: string, address: string): Promise<number | undefined> {
    return this.#findDelay(db, this.#localTries(username, address));
  }

  /**
   * Counts a login before its password is verified, whether the name exists or not. The budgets of
   * the address come first: an attempt that has to wait there counts nowhere. One that has to wait
   * for the budget over all networks counts at its address all the same.
   */
  async beginLogin(db: Db, username: string, address: string): Promise<LoginAttempt> {
    const local = this.#localTries(username, address);
    const seconds = await this.#begin(db, local);
    if (seconds !== undefined) return { outcome: 'wait', seconds };
    const everywhere: Try = [this.#budgets.anywhere, sha256(keyOf(username))];
    const wait = await this.#begin(db, [everywhere]);
    const counted = wait === undefined ? [...local, everywhere] : local;
    return { outcome: 'counted', wait, counted };
  }

  /** Gives an attempt back, as if it had not been: only failures stay counted. */
  async giveBack(db: Db, { counted }: CountedLogin): Promise<void> {
    await this.#takeBack(db, counted, counted);
  }

  /** Reads whether a registration has to wait, and counts nothing. */
  async findRegistrationDelay(db: Db, address: string): Promise<number | undefined> {
    return this.#findDelay(db, [[this.#budgets.register, networkOf(address)]]);
  }

  /** Counts a registration. */
  async beginRegistration(db: Db, address: string): Promise<number | undefined> {
    return this.#begin(db, [[this.#budgets.register, networkOf(address)]]);
  }

  /**
   * Counts a refused refresh, once it is refused: a token cannot be guessed, and a good one must
   * not wait for what others at its address do.
   * @returns the seconds to wait, if it has to
   */
  async refreshFailed(db: Db, address: string): Promise<number | undefined> {
    const tries: Try[] = [[this.#budgets.refresh, networkOf(address)]];
    const delay = await this.#findDelay(db, tries);
    return delay ?? transact(db, (trx) => this.#begin(trx, tries));
  }

  #localTries(username: string, address: string): Try[] {
    const network = networkOf(address);
    return [
      [this.#budgets.here, sha256(`${keyOf(username)}\0${network}`)],
      [this.#budgets.address, network],
    ];
  }

  /** The delay that `#begin` would find first, in seconds. */
  async #findDelay(db: Db, tries: Try[]): Promise<number | undefined> {
    const now = this.#now();
    const keys = tries.flatMap(([budget, key]) => [failuresOf(budget, key), pauseOf(budget, key)]);
    const rows = await findCounters(
      db,
      keys.map(({ key }) => key),
      now,
    );
    const counters = new Map(rows.map((row) => [row.key, row]));
    for (const [budget, key] of tries) {
      const failures = counters.get(failuresOf(budget, key).key)?.points ?? 0;
      const end = counters.get(pauseOf(budget, key).key)?.expire ?? now;
      const seconds = (end - now) / 1000;
      // A longer pause was written by a clock that was ahead: `#begin` makes it shorter.
      if (failures >= budget.free && seconds > 0 && seconds <= budget.longest) return seconds;
    }
    return undefined;
  }

  /**
   * Counts an attempt in each budget. Where the free ones are used up, it needs the one place of the
   * current delay; all of it in single statements, so that parallel attempts are counted one by one.
   * An attempt that has to wait counts nowhere, and takes no place.
   */
  async #begin(db: Db, tries: Try[]): Promise<number | undefined> {
    const places: Try[] = [];
    for (const [index, [budget, key]] of tries.entries()) {
      const { points } = await incrementCounter(db, failuresOf(budget, key), this.#now());
      const excess = points - budget.free;
      const wait = excess > 0 ? await this.#takePlace(db, budget, key, excess) : undefined;
      if (wait === undefined) {
        if (excess > 0) places.push([budget, key]);
        continue;
      }
      await this.#takeBack(db, tries.slice(0, index + 1), places);
      return wait;
    }
    return undefined;
  }

  async #takeBack(db: Db, counted: Try[], places: Try[]) {
    for (const [budget, key] of counted) await decrementCounter(db, failuresOf(budget, key).key);
    for (const [budget, key] of places) await deleteCounter(db, pauseOf(budget, key).key);
  }

  async #takePlace(db: Db, budget: Budget, key: string, excess: number) {
    const now = this.#now();
    const pause = pauseOf(budget, key, Math.min(2 ** (excess - 1), budget.longest));
    const { points, expire } = await incrementCounter(db, pause, now);
    return points > 1 ? (expire - now) / 1000 : undefined;
  }
}

function failuresOf({ name, window }: Budget, key: string): Counter {
  return { key: `${name}:${key}`, duration: window * 1000 };
}

function pauseOf({ name, longest }: Budget, key: string, seconds = longest): Counter {
  return { key: `${name}-pause:${key}`, duration: seconds * 1000 };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
