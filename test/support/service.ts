import { sql } from 'kysely';
import { createClient } from '../../src/client/index.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { createDemoUser } from '../../src/demo-user.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { type Limits, startService } from '../../src/service.ts';
import { ENGINE, freshDatabase } from './database.ts';

/** A clock that can be set forward. */
export interface TestClock extends Clock {
  advance(seconds: number): void;
  /** From now on it only goes forward where it is told to. */
  stop(): void;
}

export function testClock(): TestClock {
  let ahead = 0;
  let now = systemClock.now;
  return {
    now: () => now() + ahead,
    databaseNow: () => sql.val(now() + ahead),
    advance(seconds) {
      ahead += seconds * 1000;
    },
    stop() {
      const then = now();
      now = () => then;
    },
  };
}

/**
 * A database of one service's own, filled as `npm start` fills a new one; on SQLite in memory. What
 * the service needs to be told of it are environment variables.
 */
async function ownDatabase() {
  if (ENGINE === 'sqlite') return { variables: { DATABASE_URL: 'sqlite::memory:' } };
  const database = await freshDatabase();
  const variables = {
    DATABASE_URL: database.url,
    JWT_SECRET: 'a secret of the tests, long enough',
  };
  return { variables, database };
}

/**
 * The real service on a free port with a fresh database, closed at the end of the `await using`
 * block. `variables` are its environment; `limits`, where given, how long and how large a request
 * may be on the connection.
 */
export async function startApp(variables: Record<string, string> = {}, limits?: Limits) {
  const clock = testClock();
  const own = variables['DATABASE_URL'] ? undefined : await ownDatabase();
  const defaults: Record<string, string> = { PORT: '0', ALLOWED_HOSTS: '*', ...own?.variables };
  if (variables['JWT_KEYS']) delete defaults['JWT_SECRET'];
  const log: string[] = [];
  const logger = createLogger('info', { write: (line) => log.push(line) });
  const config = readConfig({ ...defaults, ...variables });
  const service = await startService(config, logger, clock, limits);
  const { url, db } = service;
  if (own?.database) await createDemoUser(db, clock.now());
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    await service.close();
    await own?.database?.[Symbol.asyncDispose]();
  };
  return {
    url,
    metricsUrl: service.metricsUrl,
    db,
    clock,
    /** The lines of the service's log. */
    log,
    close,
    reloadKeys: service.reloadKeys,
    [Symbol.asyncDispose]: close,
    /** A typed client of its own, not signed in. */
    client: () => createClient({ baseUrl: url }),
  };
}

export type TestApp = Awaited<ReturnType<typeof startApp>>;

/** The user that a new database on a loopback address comes with. */
export const DEMO = { username: 'testuser', password: 'testpass123' };
