import { type RawBuilder, SqliteAdapter, sql } from 'kysely';
import type { Db } from './database/connect.ts';

/** The source of the time. Tests have another one. */
export interface Clock {
  /** The clock of this process, in milliseconds since 1970. Lifetimes are counted in it. */
  now(): number;
  /**
   * The clock of the database as an SQL expression, in milliseconds since 1970. All processes share
   * it: one may write a time, and another one may compare it.
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
