import { createClient } from '../src/client/index.ts';
import { type Clock, systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import { createLogger } from '../src/http/log.ts';
import { type Limits, startService } from '../src/service.ts';

/** A clock that can be set forward; the order of events stays that of the real one. */
export interface TestClock extends Clock {
  advance(seconds: number): void;
}

export function testClock(): TestClock {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    stamp: systemClock.stamp,
    passed: (stamp) => systemClock.passed(stamp),
    advance(seconds) {
      ahead += seconds * 1000;
    },
  };
}

/**
 * The real service on a free port with a fresh database in memory, closed at the end of the
 * `await using` block. `variables` are its environment; `limits`, where given, how long and how
 * large a request may be on the connection.
 */
export async function startApp(variables: Record<string, string> = {}, limits?: Limits) {
  const clock = testClock();
  const log: string[] = [];
  const logger = createLogger('info', { write: (line) => log.push(line) });
  const config = readConfig({ PORT: '0', DATABASE_URL: 'sqlite::memory:', ...variables });
  const service = await startService(config, logger, clock, limits);
  const { url, db } = service;
  let open = true;
  const close = async () => {
    if (open) await service.close();
    open = false;
  };
  return {
    url,
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
