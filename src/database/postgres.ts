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
  maxQueued: number;
  /** For how long PostgreSQL works on one statement, in milliseconds; 0 is for ever. */
  queryTimeoutMs?: number;
}

/** Milliseconds: no request waits for a database that says nothing. */
const CLIENT_TIMEOUTS = {
  /** To get a connection: a free one, or a new one. */
  connectionTimeoutMillis: 3_000,
  idleTimeoutMillis: 30_000,
};

/** For how long PostgreSQL works on one statement. */
const STATEMENT_TIMEOUT_MS = 10_000;

/** The service waits a little longer, so that PostgreSQL ends what nobody waits for any more. */
const RESPONSE_MARGIN_MS = 500;

/** A node that died in a transaction holds its locks for so long at most. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;

/** Names every connection where the database lists them. */
const APPLICATION_NAME = 'openapi-todos';

/** Connects when the first statement is run. */
export function openPostgres(location: PostgresLocation): {
  dialect: PostgresDialect;
  findPoolUsage: () => PoolUsage;
} {
  const pools = new ConnectionPool(location);
  const dialect = new UnlockedPostgresDialect({
    pool: {
      connect: async () => new LazyConnection(pools, location.maxQueued),
      end: () => pools.end(),
      options: {},
    },
  });
  const findPoolUsage = () => ({
    busy: pools.current.totalCount - pools.current.idleCount,
    idle: pools.current.idleCount,
    waiting: pools.current.waitingCount,
  });
  return { dialect, findPoolUsage };
}

/**
 * The pool of connections. PgBouncer refuses connections that bring timeouts along; then another
 * pool, without them, takes its place.
 */
class ConnectionPool {
  current: pg.Pool;
  #location: PostgresLocation;

  constructor(location: PostgresLocation) {
    this.#location = location;
    this.current = createPool(location, selectServerTimeouts(location));
  }

  /** @returns a connection; whoever got it releases it */
  async connect(): Promise<pg.PoolClient> {
    const asked = this.current;
    try {
      return await asked.connect();
    } catch (error) {
      if (!isUnsupportedParameter(error)) throw error;
      if (asked === this.current) this.#replace();
      return this.current.connect();
    }
  }

  end(): Promise<void> {
    return this.current.end();
  }

  #replace(): void {
    const former = this.current;
    this.current = createPool(this.#location, {});
    void former.end();
  }
}

/** Those that PostgreSQL itself goes by. */
type ServerTimeouts = Pick<
  pg.PoolConfig,
  'statement_timeout' | 'idle_in_transaction_session_timeout'
>;

function selectServerTimeouts({
  queryTimeoutMs = STATEMENT_TIMEOUT_MS,
}: PostgresLocation): ServerTimeouts {
  if (queryTimeoutMs === 0) return {};
  return {
    statement_timeout: queryTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  };
}

/** PgBouncer takes only those parameters of a connection that it can keep track of. */
function isUnsupportedParameter(error: unknown): boolean {
  const isRefused = error instanceof pg.DatabaseError && error.code === '08P01';
  return isRefused && error.message.includes('unsupported startup parameter');
}

function createPool(location: PostgresLocation, timeouts: ServerTimeouts): pg.Pool {
  const { queryTimeoutMs = STATEMENT_TIMEOUT_MS } = location;
  const pool = new pg.Pool({
    connectionString: location.url,
    max: location.poolSize,
    application_name: APPLICATION_NAME,
    keepAlive: true,
    maxLifetimeSeconds: 1800, // after a failover the connections spread again
    types: { getTypeParser },
    ...CLIENT_TIMEOUTS,
    query_timeout: queryTimeoutMs === 0 ? 0 : queryTimeoutMs + RESPONSE_MARGIN_MS,
    ...timeouts,
  });
  // Whoever uses a connection that broke is told by its next statement.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** How many connections there are, and how many requests wait for one. */
export interface PoolUsage {
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
class LazyConnection implements PostgresPoolClient {
  #pools: ConnectionPool;
  #queue: number;
  #client: pg.PoolClient | undefined;
  #state: 'single' | 'in transaction' | 'lost' = 'single';

  constructor(pools: ConnectionPool, queue: number) {
    this.#pools = pools;
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
      (error) => isContention(error) || (isLostConnection(error) && isSafeToRepeat(text, error)),
    );
  }

  async #run(text: string, parameters: readonly unknown[]) {
    if (this.#state === 'lost')
      throw createUnsentError(new Error('the connection was lost before'));
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
    if (this.#pools.current.waitingCount >= this.#queue)
      throw new PoolExhausted('too many wait already');
    try {
      return await this.#pools.connect();
    } catch (error) {
      const isLasting = error instanceof pg.DatabaseError && !isLostConnection(error);
      throw isLasting ? error : createUnsentError(error);
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

function createUnsentError(cause: unknown): LostConnection {
  return new LostConnection(cause, { wasSent: false });
}

/** Whether a statement whose connection was lost can be run again: it has not run, or only reads. */
function isSafeToRepeat(text: string, error: unknown): boolean {
  return /^select\b/.test(text) || (error instanceof LostConnection && !error.wasSent);
}

/** `migrate` has a lock of its own, which holds for a transaction. */
class UnlockedPostgresDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new UnlockedPostgresAdapter();
  }
}

class UnlockedPostgresAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}
