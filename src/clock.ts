import { type RawBuilder, SqliteAdapter, sql } from 'kysely';
import type { Db } from './database/connect.ts';

/** Time as the service sees it; tests bring their own. */
export interface Clock {
  /** The clock of this process in milliseconds since 1970: lifetimes are counted in it. */
  now(): number;
  /**
   * The clock of the database as an SQL expression, in milliseconds since 1970. All processes share
   * it, so what one of them writes and another compares does not depend on their own clocks.
   */
  databaseNow(db: Db): RawBuilder<number>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  databaseNow: (db) =>
    db.getExecutor().adapter instanceof SqliteAdapter
      ? sql`cast(unixepoch('subsec') * 1000 as integer)`
      : sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
};
