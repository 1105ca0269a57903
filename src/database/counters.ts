import type { NotNull } from 'kysely';
import type { Db } from './connect.ts';

/** What one counter counts, and for how long after its first point; times in milliseconds. */
interface Counter {
  key: string;
  durationMs: number;
}

/**
 * Adds a point to a counter, or begins it anew where it is over, in one atomic statement.
 * @returns its points, and when it ends
 */
export async function incrementCounter(db: Db, { key, durationMs }: Counter, now: number) {
  const expire = now + durationMs;
  return db
    .insertInto('rate_limits')
    .values({ key, points: 1, expire })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet(({ ref, case: when, eb, val }) => {
        const isOver = eb('rate_limits.expire', '<=', now);
        // Written by a clock that was ahead: it ends no later than one that begins now.
        const isTooLate = eb('rate_limits.expire', '>', expire);
        const sum = eb('rate_limits.points', '+', 1);
        return {
          points: when().when(isOver).then(val(1)).else(sum).end(),
          expire: when()
            .when(isOver.or(isTooLate))
            .then(val(expire))
            .else(ref('rate_limits.expire'))
            .end(),
        };
      }),
    )
    .returning(['points', 'expire'])
    .$narrowType<{ expire: NotNull }>()
    .executeTakeFirstOrThrow();
}

/** Takes a point back. */
export async function decrementCounter(db: Db, key: string): Promise<void> {
  await db
    .updateTable('rate_limits')
    .set(({ eb }) => ({ points: eb('points', '-', 1) }))
    .where('key', '=', key)
    .where('points', '>', 0)
    .execute();
}

/** The counters of these keys that are not over. */
export async function findCounters(db: Db, keys: string[], now: number) {
  return db
    .selectFrom('rate_limits')
    .select(['key', 'points', 'expire'])
    .where('key', 'in', keys)
    .where('expire', '>', now)
    .$narrowType<{ expire: NotNull }>()
    .execute();
}

export async function deleteCounter(db: Db, key: string): Promise<void> {
  await db.deleteFrom('rate_limits').where('key', '=', key).execute();
}
