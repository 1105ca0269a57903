import type { NotNull } from 'kysely';
import type { Db } from './connect.ts';

/**
 * Adds a point to a counter, or restarts it if it has expired, in one atomic statement.
 * @param counter its key, and how long it lasts after its first point
 * @returns its points, and when it expires
 */
export async function incrementCounter(
  db: Db,
  { key, durationMs }: { key: string; durationMs: number },
  now: number,
) {
  const expire = now + durationMs;
  return db
    .insertInto('rate_limits')
    .values({ key, points: 1, expire })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet(({ ref, case: when, eb, val }) => {
        const isExpired = eb('rate_limits.expire', '<=', now);
        // A clock that was ahead wrote it: it must expire no later than a counter that starts now.
        const isTooLate = eb('rate_limits.expire', '>', expire);
        const sum = eb('rate_limits.points', '+', 1);
        return {
          points: when().when(isExpired).then(val(1)).else(sum).end(),
          expire: when()
            .when(isExpired.or(isTooLate))
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

/** Takes one point back. */
export async function decrementCounter(db: Db, key: string): Promise<void> {
  await db
    .updateTable('rate_limits')
    .set(({ eb }) => ({ points: eb('points', '-', 1) }))
    .where('key', '=', key)
    .where('points', '>', 0)
    .execute();
}

/** Finds the counters of these keys that have not expired. */
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
