import type { Server, ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { trialSecret } from './auth/key-file.ts';
import { type KeySet, keySetOfJwks, keySetOfSecret } from './auth/keys.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Config, ConfigError } from './config.ts';
import { connect, type Db } from './database/connect.ts';
import { migrate } from './database/migrate.ts';
import { sweepRegularly } from './database/sweep.ts';
import { createDemoUser } from './demo.ts';
import { createListener } from './http/listener.ts';

/** A service that listens. */
export interface Service {
  /** Where it answers, without a slash at the end. */
  url: string;
  db: Db;
  /** Finishes the requests under way, as long as that takes no longer than its limit. */
  close(): Promise<void>;
}

/**
 * Connects, migrates and listens.
 * @throws what made the start impossible; nothing stays open then
 */
export async function startService(
  config: Config,
  logger: Logger,
  clock: Clock = systemClock,
  limits: Limits = LIMITS,
): Promise<Service> {
  const db = connect(config.database);
  try {
    await migrate(db, async (fresh) => {
      if (config.trial) await createDemoUser(fresh, clock.now());
    });
    let closing = false;
    const keys = await loadKeys(config);
    const app = await createApp({ config, db, keys, logger, clock, isClosing: () => closing });
    const server = createListener(app, limits);
    server.prependListener('request', (_request, response) => {
      if (closing) response.setHeader('Connection', 'close');
    });
    await listen(server, config);
    const stopSweeping = sweepRegularly(db, clock.now, (error) => {
      logger.error({ err: error }, 'sweep failed');
    });
    const close = async () => {
      closing = true;
      await Promise.all([
        stopListening(server, limits.shutdownTimeout ?? LIMITS.shutdownTimeout),
        stopSweeping(),
      ]);
      await db.destroy();
    };
    return { url: urlOf(server, config), db, close };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Milliseconds and bytes; a client that is slower or larger is answered with 408 or 431. */
export type Limits = ServerOptions & {
  /** How long the requests under way have when the service is to stop. */
  shutdownTimeout?: number;
};

const LIMITS = {
  shutdownTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
};

async function loadKeys({ keys, database }: Config): Promise<KeySet> {
  if (!keys) return keySetOfSecret(trialSecret(database.path));
  if ('secret' in keys) return keySetOfSecret(keys.secret);
  try {
    return await keySetOfJwks(JSON.parse(keys.jwks));
  } catch (error) {
    throw new ConfigError(`JWT_KEYS ${error instanceof Error ? error.message : 'is no JWK Set'}`);
  }
}

function listen(server: Server, { port, host }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Resolves when the last request has been answered; a connection goes as soon as it is idle. What
 * takes longer than the limit is cut off: Node checks no request's time once it has been told to
 * close.
 */
function stopListening(server: Server, limit: number): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    const end = setTimeout(() => server.closeAllConnections(), limit);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(end);
      resolve();
    });
  });
}

function urlOf(server: Server, { host }: Config): string {
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const name = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host;
  return `http://${name}:${port}`;
}
