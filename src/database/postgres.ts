import {
  PostgresAdapter,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import pg from 'pg';
import { isContention, isLostConnection, LostConnection, PoolExhausted } from './errors.ts';
import { retry } from './retry.ts';

/** A PostgreSQL, or an engine that speaks its protocol; PgBouncer may stand before it. */
export interface PostgresLocation {
  engine: 'postgres';
  /** `postgres://…`, its password included. */
  url: string;
  /** How many connections a process opens at most. */
  poolSize: number;
  /** How many requests wait for one of them at most. */
  poolQueue: number;
  /** For how long one statement's answer is waited for, in milliseconds; 0 is for ever. */
  queryTimeout?: number;
}

/** Milliseconds: no request waits for a database that says nothing. */
const TIMEOUTS = {
  /** To get a connection: a free one, or a new one. */
  connectionTimeoutMillis: 3_000,
  /** For the answer to one statement. */
  query_timeout: 10_000,
  idleTimeoutMillis: 30_000,
};

/** Names every connection where the database lists them. */
const APPLICATION = 'openapi-todos';

/** Connects when the first statement is run. */
export function openPostgres(location: PostgresLocation): {
  dialect: PostgresDialect;
  poolUse: () => PoolUse;
} {
  const pool = new pg.Pool({
    connectionString: location.url,
    max: location.poolSize,
    application_name: APPLICATION,
    keepAlive: true,
    maxLifetimeSeconds: 1800, // after a failover the connections spread again
    types: { getTypeParser },
    ...TIMEOUTS,
    query_timeout: location.queryTimeout ?? TIMEOUTS.query_timeout,
  });
  // Whoever uses a connection that broke is told by its next statement.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const dialect = new LocklessDialect({
    pool: {
      connect: async () => new Session(pool, location.poolQueue),
      end: () => pool.end(),
      options: {},
    },
  });
  const poolUse = () => ({
    busy: pool.totalCount - pool.idleCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
  });
  return { dialect, poolUse };
}

/** How many connections there are, and how many requests wait for one. */
export interface PoolUse {
  busy: number;
  idle: number;
  waiting: number;
}

/** 64-bit integers are instants and counts here, which a number holds exactly. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  // One signature stands for pg's two, which differ in the format's type only.
  if (oid === pg.types.builtins.INT8) return Number;
  return format === 'binary' ? pg.types.getTypeParser(oid, format) : pg.types.getTypeParser(oid);
}

/**
 * What Kysely holds for a statement or a transaction: a connection of the pool, taken when it is
 * first needed. A statement of its own is run again on another connection where that cannot do
 * anything twice; what is in a transaction is `transact`'s business.
 */
class Session implements PostgresPoolClient {
  #pool: pg.Pool;
  #queue: number;
  #client: pg.PoolClient | undefined;
  #state: 'single' | 'in transaction' | 'lost' = 'single';

  constructor(pool: pg.Pool, queue: number) {
    this.#pool = pool;
    this.#queue = queue;
  }

  query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    text: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof text !== 'string') throw new Error('the service reads no cursors');
    // pg does not know what a row holds, nor which commands there are.
    return this.#query(text, parameters) as Promise<PostgresQueryResult<R>>;
  }

  async #query(text: string, parameters: readonly unknown[]) {
    if (/^(begin|start)\b/.test(text)) this.#state = 'in transaction';
    if (this.#state !== 'single') return this.#run(text, parameters);
    return retry(
      () => this.#run(text, parameters),
      (error) => isContention(error) || (isLostConnection(error) && isHarmless(text, error)),
    );
  }

  async #run(text: string, parameters: readonly unknown[]) {
    if (this.#state === 'lost') throw unsent(new Error('the connection was lost before'));
    this.#client ??= await this.#connect();
    try {
      return await this.#client.query(text, [...parameters]);
    } catch (error) {
      const failure =
        error instanceof pg.DatabaseError ? error : new LostConnection(error, { wasSent: true });
      if (isLostConnection(failure)) this.#drop();
      throw failure;
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    if (this.#pool.waitingCount >= this.#queue) throw new PoolExhausted('too many wait already');
    try {
      return await this.#pool.connect();
    } catch (error) {
      const isLasting = error instanceof pg.DatabaseError && !isLostConnection(error);
      throw isLasting ? error : unsent(error);
    }
  }

  /** What broke, or may still bring the answer to an earlier statement, is nobody's any more. */
  #drop(): void {
    this.release(true);
    if (this.#state === 'in transaction') this.#state = 'lost';
  }

  release(discard: boolean): void {
    this.#client?.release(discard);
    this.#client = undefined;
  }
}

function unsent(cause: unknown): LostConnection {
  return new LostConnection(cause, { wasSent: false });
}

/** Whether a statement whose connection was lost can be run again: it has not run, or only reads. */
function isHarmless(text: string, error: unknown): boolean {
  return /^select\b/.test(text) || (error instanceof LostConnection && !error.wasSent);
}

/** `migrate` has a lock of its own, which holds for a transaction. */
class LocklessDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new LocklessAdapter();
  }
}

class LocklessAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}
