import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Db } from './connect.ts';

/** How often a node compares its clock with the database's, in milliseconds: every minute. */
const INTERVAL = 60_000;

/** The quickest of so many answers says it best. */
const QUESTIONS = 3;

/**
 * A clock whose stamps are those of the database's clock, which all nodes of a service share: which
 * of two requests came first does not depend on whose node they came to. Lifetimes go by the node's
 * own clock.
 */
export async function sharedClock(
  db: Db,
  own: Clock,
  report: (error: unknown) => void,
): Promise<Clock & Disposable> {
  let ahead = await measure(db, own);
  let last = 0;
  const timer = setInterval(() => {
    measure(db, own).then((measured) => {
      ahead = measured;
    }, report);
  }, INTERVAL).unref();
  const stamp = () => {
    last = Math.max(last, own.stamp() + ahead); // it never goes back
    return last;
  };
  return {
    now: () => own.now(),
    stamp,
    async passed(until) {
      while (stamp() <= until) await own.passed(until - ahead);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** How far ahead of the node's stamps the database's clock is, in microseconds. */
async function measure(db: Db, own: Clock): Promise<number> {
  let best = { ahead: 0, took: Number.POSITIVE_INFINITY };
  for (let n = 0; n < QUESTIONS; n += 1) {
    const asked = own.stamp();
    const { rows } = await sql<{ now: number }>`
      select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as now`.execute(db);
    const answered = own.stamp();
    const took = answered - asked;
    const ahead = Math.round((rows[0]?.now ?? 0) - (asked + answered) / 2);
    if (took < best.took) best = { ahead, took };
  }
  return best.ahead;
}
