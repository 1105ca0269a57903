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

/** PostgreSQL, or an engine with its protocol; PgBouncer may be in between. */
export interface PostgresLocation {
  engine: 'postgres';
  /** `postgres://…`, with the password. */
  url: string;
  /** The maximum number of connections of a process. */
  poolSize: number;
  /** The maximum number of requests that wait for a connection. */
  maxQueued: number;
  /** How long a statement may run; 0 is without limit. */
  queryTimeoutMs?: number;
}

const STATEMENT_TIMEOUT_MS = 10_000;

/** The service waits a little longer than PostgreSQL, so that PostgreSQL ends the statement first. */
const RESPONSE_MARGIN_MS = 500;

/** Prepares connections; the first statement opens one. */
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
 * The pool of connections. PgBouncer rejects connections with timeouts as startup parameters; then the
 * pool is replaced by one without them.
 */
class ConnectionPool {
  current: pg.Pool;
  #location: PostgresLocation;

  constructor(location: PostgresLocation) {
    this.#location = location;
    this.current = createPool(location, true);
  }

  /** @returns a connection, which the caller has to release */
  async connect(): Promise<pg.PoolClient> {
    const pool = this.current;
    try {
      return await pool.connect();
    } catch (error) {
      if (!isUnsupportedParameter(error)) throw error;
      if (pool === this.current) {
        this.current = createPool(this.#location, false);
        void pool.end();
      }
      return this.current.connect();
    }
  }

  end(): Promise<void> {
    return this.current.end();
  }
}

/** PgBouncer accepts only the startup parameters that it tracks. */
function isUnsupportedParameter(error: unknown): boolean {
  const isRefused = error instanceof pg.DatabaseError && error.code === '08P01';
  return isRefused && error.message.includes('unsupported startup parameter');
}

function createPool(location: PostgresLocation, hasServerTimeouts: boolean): pg.Pool {
  const { queryTimeoutMs = STATEMENT_TIMEOUT_MS } = location;
  const isLimited = queryTimeoutMs > 0;
  const serverTimeouts = {
    statement_timeout: queryTimeoutMs,
    idle_in_transaction_session_timeout: 10_000, // ms; then it releases the locks of a dead process
  };
  const pool = new pg.Pool({
    connectionString: location.url,
    max: location.poolSize,
    application_name: 'openapi-todos', // in the database's list of connections
    keepAlive: true,
    maxLifetimeSeconds: 1800, // connections spread over the servers again after a failover
    types: { getTypeParser },
    connectionTimeoutMillis: 3_000, // how long a request waits for a free or a new connection
    idleTimeoutMillis: 30_000,
    query_timeout: isLimited ? queryTimeoutMs + RESPONSE_MARGIN_MS : 0,
    ...(isLimited && hasServerTimeouts && serverTimeouts),
  });
  // The next statement on a lost connection throws the error.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** The number of connections, and of requests that wait for one. */
export interface PoolUsage {
  busy: number;
  idle: number;
  waiting: number;
}

/** 64-bit integers are timestamps and counts here, which a number represents exactly. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  // One signature for pg's two overloads, which differ only in the type of the format.
  if (oid === pg.types.builtins.INT8) return Number;
  return format === 'binary' ? pg.types.getTypeParser(oid, format) : pg.types.getTypeParser(oid);
}

/**
 * A connection for one statement or one transaction, acquired from the pool when it is first needed.
 * A single statement is retried on another connection if that cannot execute it twice. `transact`
 * retries transactions.
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
    // pg does not know the types of rows and commands.
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
      throw new LostConnection('the connection was lost before', { wasSent: false });
    this.#client ??= await this.#connect();
    try {
      return await this.#client.query(text, [...parameters]);
    } catch (error) {
      const failure =
        error instanceof pg.DatabaseError ? error : new LostConnection(error, { wasSent: true });
      // A lost connection may still deliver the result of an earlier statement.
      if (isLostConnection(failure)) {
        this.release(true);
        if (this.#state === 'in transaction') this.#state = 'lost';
      }
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
      throw isLasting ? error : new LostConnection(error, { wasSent: false });
    }
  }

  release(discard: boolean): void {
    this.#client?.release(discard);
    this.#client = undefined;
  }
}

/** Whether a statement can be repeated after its connection was lost: it has not run, or only reads. */
function isSafeToRepeat(text: string, error: unknown): boolean {
  return /^select\b/.test(text) || (error instanceof LostConnection && !error.wasSent);
}

/** Kysely's dialect without its advisory lock: `withMigrationLock` has its own. */
class UnlockedPostgresDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new UnlockedPostgresAdapter();
  }
}

class UnlockedPostgresAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}
