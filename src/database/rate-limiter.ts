import { RateLimiterRes } from 'rate-limiter-flexible';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import type { Db } from './connect.ts';

interface Counter {
  points: number;
  expire: number | null;
}

/**
 * The counters of rate-limiter-flexible in the table `rate_limits`, through the handle that it is
 * given: a transaction's counters come and go with it. Its own stores take a driver's connection,
 * which would write past Kysely's transactions.
 */
export class DatabaseRateLimiter extends RateLimiterStoreAbstract {
  #db: Db;
  #now: () => number;

  constructor(
    db: Db,
    options: { name: string; points: number; seconds: number; now: () => number },
  ) {
    const { name, points, seconds, now } = options;
    super({ storeClient: db, keyPrefix: name, points, duration: seconds });
    this.#db = db;
    this.#now = now;
  }

  // The methods that a store of the library has to have.

  async _upsert(key: string, points: number, duration: number, forced = false): Promise<Counter> {
    const now = this.#now();
    const expire = duration > 0 ? now + duration : null;
    return this.#db
      .insertInto('rate_limits')
      .values({ key, points, expire })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet(({ ref, case: when, eb, val }) => {
          if (forced) return { points, expire };
          const isOver = eb('rate_limits.expire', '<=', now);
          const sum = eb('rate_limits.points', '+', points);
          // Written by a clock that was ahead: it ends no later than one that begins now.
          const isTooLate = eb('rate_limits.expire', '>', expire);
          return {
            // Parameters: as part of the text they would make a statement of its own each time.
            points: when().when(isOver).then(val(points)).else(sum).end(),
            expire: when()
              .when(isOver.or(isTooLate))
              .then(val(expire))
              .else(ref('rate_limits.expire'))
              .end(),
          };
        }),
      )
      .returning(['points', 'expire'])
      .executeTakeFirstOrThrow();
  }

  async _get(key: string): Promise<Counter | undefined> {
    const now = this.#now();
    return this.#db
      .selectFrom('rate_limits')
      .select(['points', 'expire'])
      .where('key', '=', key)
      .where('expire', '>', now)
      .where('expire', '<=', now + this.duration * 1000)
      .executeTakeFirst();
  }

  async _delete(key: string): Promise<boolean> {
    const deleted = await this.#db
      .deleteFrom('rate_limits')
      .where('key', '=', key)
      .executeTakeFirst();
    return deleted.numDeletedRows > 0n;
  }

  _getRateLimiterRes(_key: string, changed: number, { points, expire }: Counter): RateLimiterRes {
    const remaining = Math.max(this.points - points, 0);
    const wait = expire === null ? -1 : Math.max(expire - this.#now(), 0);
    return new RateLimiterRes(remaining, wait, points, changed === points);
  }
}
