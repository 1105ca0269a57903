import { type DatabaseConnection, type Driver, Kysely, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { type AccessTokenOptions, mintAccessToken } from '../../src/auth/access-token.ts';
import { importSecret } from '../../src/auth/keys.ts';
import {
  type Grant,
  type SessionLifetimes,
  startSession,
} from '../../src/auth/session-repository.ts';
import type { Clock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Db } from '../../src/database/connect.ts';
import type { Database } from '../../src/database/schema.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startService } from '../../src/service.ts';
import { ENGINE, freshDatabase, openCarelessly } from '../support/database.ts';

const DAY = 86_400;
const SECRET = 'a secret of the tests, 32 bytes or more';

/** Environment of a service whose access tokens the tests can make, and that any address may call. */
export const VARIABLES = {
  PORT: '0',
  JWT_SECRET: SECRET,
  TRUSTED_PROXIES: '127.0.0.1,::1',
  LOG_LEVEL: 'silent',
};

export const LIFETIMES: SessionLifetimes = {
  idleMs: 30 * DAY * 1000,
  absoluteMs: 90 * DAY * 1000,
  reuseLeewayMs: 0,
};

const keys = await importSecret(SECRET);

export const TOKENS: AccessTokenOptions = {
  keys: () => keys,
  issuer: 'openapi-todos',
  audience: 'openapi-todos',
  lifetimeMs: 900_000,
};

/** Time that passes only when a test advances it. */
export interface ManualClock extends Clock {
  advance(seconds: number): void;
}

export function manualClock(start = Date.now()): ManualClock {
  let now = start;
  return {
    now: () => now,
    databaseNow: () => sql.val(now),
    advance(seconds) {
      now += seconds * 1000;
    },
  };
}

/** The real service on a free port with a fresh database (or that one) and a manual clock. */
export async function startAuth(
  variables: Record<string, string> = {},
  clock: ManualClock = manualClock(),
) {
  const database = await databaseOf(variables);
  const config = readConfig({ ...VARIABLES, DATABASE_URL: database.url, ...variables });
  const service = await startService(config, createLogger(config.logLevel), clock);
  const close = async () => {
    await service.close();
    await database[Symbol.asyncDispose]();
  };
  return { ...service, clock, close };
}

/** In memory where that goes: nobody else needs it. */
async function databaseOf({ DATABASE_URL }: Record<string, string>) {
  if (DATABASE_URL === undefined && ENGINE === 'postgres') return freshDatabase();
  return { url: DATABASE_URL ?? 'sqlite::memory:', [Symbol.asyncDispose]: async () => {} };
}

export type AuthApp = Awaited<ReturnType<typeof startAuth>>;

/** An answer, read whole. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

let calls = 0;

/** Sends one request, each from an address of its own: no budget is shared. */
export async function call(
  url: string,
  route: string,
  { access, body, headers }: { access?: string; body?: unknown; headers?: object } = {},
): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  calls += 1;
  const response = await fetch(url + path, {
    method,
    headers: {
      'X-Forwarded-For': `10.${(calls >> 16) & 255}.${(calls >> 8) & 255}.${calls & 255}`,
      ...(access !== undefined && { Authorization: `Bearer ${access}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** A refresh with the token in the body. */
export function refresh(url: string, token: string, key?: string): Promise<Answer> {
  const headers = key === undefined ? {} : { 'Idempotency-Key': key };
  return call(url, 'POST /auth/refresh', { body: { refresh_token: token }, headers });
}

/** What is in a 200 of login or refresh. */
export interface Pair {
  access_token: string;
  refresh_token: string;
}

/** @throws Error for any answer but a token pair */
export function pairOf({ status, text }: { status: number; text: string }): Pair {
  const body: unknown = JSON.parse(text);
  if (status !== 200 || typeof body !== 'object' || body === null) throw new Error(text);
  const { access_token, refresh_token } = body as Partial<Pair>; // checked on the next line
  if (!access_token || !refresh_token) throw new Error(text);
  return { access_token, refresh_token };
}

/** A user who was never hashed a password for: nobody signs in as them. */
export async function seedUser(db: Db, username: string): Promise<string> {
  const id = uuid();
  await db
    .insertInto('users')
    .values({
      id,
      username,
      username_key: username.toLowerCase(),
      password_hash: 'none',
      created_at: 0,
    })
    .execute();
  return id;
}

/** A session of that user, without the work of a login. */
export async function seedSession(
  db: Db,
  clock: Clock,
  { userId, username }: { userId: string; username: string },
  lifetimes = LIFETIMES,
): Promise<{ id: string; access: string; refresh: string }> {
  const client = { address: '192.0.2.1', userAgent: 'seed' };
  const grant: Grant = await startSession(db, { userId, client, now: clock.now(), lifetimes });
  const access = await mintAccessToken(TOKENS, grant.session, username, clock.now());
  return { id: grant.session.id, access, refresh: grant.refreshToken };
}

/** Runs before and after each statement, `begin`, `commit` and `rollback` included. */
export interface StatementHook {
  before?(sql: string): Promise<void> | void;
  after?(sql: string): Promise<void> | void;
}

/** The database as the service has it, careless (see `openCarelessly`), and calling a hook. */
export function hookedDb(url: string, hook: StatementHook): Db {
  const dialect = openCarelessly(url);
  return new Kysely<Database>({
    dialect: {
      createDriver: () => hookedDriver(dialect.createDriver(), hook),
      createAdapter: () => dialect.createAdapter(),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createQueryCompiler: () => dialect.createQueryCompiler(),
    },
  });
}

function hookedDriver(driver: Driver, hook: StatementHook): Driver {
  const inner = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const hooked = (connection: DatabaseConnection): DatabaseConnection => ({
    async executeQuery<R>(query: Parameters<DatabaseConnection['executeQuery']>[0]) {
      await hook.before?.(query.sql);
      const result = await connection.executeQuery<R>(query);
      await hook.after?.(query.sql);
      return result;
    },
    streamQuery: (...query) => connection.streamQuery(...query),
  });
  const innerOf = (connection: DatabaseConnection) => inner.get(connection) ?? connection;
  return {
    init: () => driver.init(),
    async acquireConnection() {
      const connection = await driver.acquireConnection();
      const outer = hooked(connection);
      inner.set(outer, connection);
      return outer;
    },
    beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
    commitTransaction: (connection) => driver.commitTransaction(connection),
    // Its own way out of a fault: no hook, and a driver that knows its connection.
    rollbackTransaction: (connection) => driver.rollbackTransaction(innerOf(connection)),
    releaseConnection: (connection) => driver.releaseConnection(innerOf(connection)),
    destroy: () => driver.destroy(),
  };
}
