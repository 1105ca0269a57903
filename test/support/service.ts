// The one way to start the service in the process of the tests.
import { sql } from 'kysely';
import { afterAll } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { createDemoUser } from '../../src/demo-user.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { type Limits, startService as start } from '../../src/service.ts';
import { ENGINE, freshDatabase } from './database.ts';

/** A clock that can be set forward. */
export interface TestClock extends Clock {
  advance(seconds: number): void;
  /** From now on only `advance` moves it. */
  stop(): void;
}

function clockOf(source: () => number): TestClock {
  let ahead = 0;
  let read = source;
  const now = () => read() + ahead;
  return {
    now,
    databaseNow: () => sql.val(now()),
    advance(seconds) {
      ahead += seconds * 1000;
    },
    stop() {
      const then = read();
      read = () => then;
    },
  };
}

export const runningClock = () => clockOf(systemClock.now);
export const stoppedClock = (start = Date.now()) => clockOf(() => start);

export const JWT_SECRET = 'a secret of the tests, 32 bytes or more';

/**
 * A database for one service, filled as `npm start` fills a new one; on SQLite in memory.
 * `variables` are what the service needs to use it.
 */
async function ownDatabase() {
  if (ENGINE === 'sqlite') return { variables: { DATABASE_URL: 'sqlite::memory:' } };
  const database = await freshDatabase();
  return { variables: { DATABASE_URL: database.url, JWT_SECRET }, database };
}

interface ServiceOptions {
  /** How long and how large a request may be on its connection. */
  limits?: Limits;
  clock?: TestClock;
}

/**
 * The real service on a free port with a fresh database, closed at the end of the `await using`
 * block. `variables` are its environment.
 */
export async function startService(
  variables: Record<string, string> = {},
  { limits, clock = runningClock() }: ServiceOptions = {},
) {
  const own = variables['DATABASE_URL'] ? undefined : await ownDatabase();
  const defaults: Record<string, string> = { PORT: '0', ALLOWED_HOSTS: '*', ...own?.variables };
  if (variables['JWT_KEYS']) delete defaults['JWT_SECRET'];
  const log: string[] = [];
  const logger = createLogger('info', { write: (line) => log.push(line) });
  const config = readConfig({ ...defaults, ...variables });
  const service = await start(config, logger, clock, limits);
  if (own?.database) await createDemoUser(service.db, clock.now());
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await service.close();
    await own?.database?.[Symbol.asyncDispose]();
  };
  return {
    ...service,
    clock,
    /** The lines of the service's log. */
    log,
    close,
    [Symbol.asyncDispose]: close,
    /** A new typed client, not signed in. */
    client: () => createClient({ baseUrl: service.url }),
  };
}

export type TestService = Awaited<ReturnType<typeof startService>>;

/** Disposes of something after all tests of a file, or of a `describe` block. */
export function disposeAfterAll<T extends AsyncDisposable>(resource: T): T {
  afterAll(() => resource[Symbol.asyncDispose]());
  return resource;
}

/**
 * One service for all tests of a file, closed after them: starting it takes longer than most tests.
 * No test may depend on what another one did to it.
 */
export async function startSharedService(...options: Parameters<typeof startService>) {
  return disposeAfterAll(await startService(...options));
}
