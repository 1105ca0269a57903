import type { Server, ServerOptions } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createApp, createMetricsApp } from './app.ts';
import { loadDevelopmentSecret } from './auth/development-secret.ts';
import {
  type KeyOrigin,
  type KeyReloadObserver,
  type KeySource,
  openKeys,
} from './auth/key-source.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Config, ConfigError } from './config.ts';
import { connect, type Db, findPoolUsage } from './database/connect.ts';
import { migrate } from './database/migrate.ts';
import { type RetentionObserver, startRetentionJob } from './database/retention-job.ts';
import { createDemoUser } from './demo-user.ts';
import { findExposedFiles } from './exposed-files.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import type { Tracing } from './observability/tracing.ts';
import { createRequestQueues } from './request-queues.ts';
import { createHttpServer, type HttpServerOptions, listen } from './server/http-server.ts';

/** A service that listens. */
export interface Service {
  /** Where it answers, without a slash at the end. */
  url: string;
  /** Where `/metrics` is. */
  metricsUrl: string;
  db: Db;
  /** Takes the keys that the file of JWT_KEYS holds now, or says in the log why not. */
  reloadKeys(): Promise<void>;
  /**
   * Is not ready any more, answers on for as long as it is to, then finishes the requests under way,
   * as long as that takes no longer than its limit.
   */
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
  limits: Limits = {},
): Promise<Service> {
  await using resources = new AsyncDisposableStack(); // closed again if the rest fails
  for (const file of findExposedFiles(config)) {
    logger.warn({ file }, 'other users of this machine can read the file: chmod 600 it');
  }
  const tracing = await startTracingIfConfigured(config, logger);
  if (tracing) resources.defer(tracing.close);
  const db = resources.adopt(connect(config.database, tracing?.statement), (handle) =>
    handle.destroy(),
  );
  await migrate(db, async (fresh) => {
    if (config.isDevelopment) await createDemoUser(fresh, clock.now());
  });
  const keys = resources.adopt(await openKeySource(config, logger), (source) => source.close());
  const queues = createRequestQueues(config, createRejectionReport(logger));
  const metrics = createMetrics(() => findPoolUsage(db), { ...queues });
  resources.defer(startRetentionJob(db, clock.now, createRetentionObserver(metrics, logger)));
  let closing = false;
  const isClosing = () => closing;
  const app = await createApp({
    config,
    db,
    keys: keys.current,
    logger,
    clock,
    metrics,
    queues,
    trace: tracing?.request,
    isClosing,
  });
  const serverOptions = {
    ...LIMITS,
    ...readTimeouts(config),
    ...limits,
    maxConnections: config.maxConnections,
  };
  const server = createHttpServer(app, serverOptions);
  const { host, port, metricsPort } = config;
  const listenOptions = { host, shutdownTimeout: serverOptions.shutdownTimeout };
  const listenAt = async (listener: Server, onPort: number) =>
    resources.use(await listen(listener, { ...listenOptions, port: onPort })).url;
  const listenForMetrics = (onPort: number) =>
    listenAt(createHttpServer(createMetricsApp(config, metrics, logger), serverOptions), onPort);
  const metricsUrl = metricsPort === undefined ? undefined : await listenForMetrics(metricsPort);
  const url = await listenAt(server, port);
  const openResources = resources.move();
  const close = async () => {
    closing = true;
    await sleep(config.drainSeconds * 1000);
    await openResources.disposeAsync(); // the last first
  };
  return { url, metricsUrl: `${metricsUrl ?? url}/metrics`, db, reloadKeys: keys.reload, close };
}

/** Milliseconds and bytes; a client that is slower or larger is answered with 408 or 431. */
export type Limits = ServerOptions &
  Pick<HttpServerOptions, 'now'> & {
    /** How long the requests under way have when the service is to stop. */
    shutdownTimeout?: number;
  };

const LIMITS = {
  shutdownTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
};

function readTimeouts({ requestSeconds, keepAliveSeconds }: Config) {
  const requestTimeout = requestSeconds * 1000;
  const headersTimeout = Math.min(10_000, requestTimeout);
  return { requestTimeout, headersTimeout, keepAliveTimeout: keepAliveSeconds * 1000 };
}

/** Not a line for each: a log that grows with the load would be a load of its own. */
function createRejectionReport(logger: Logger): () => void {
  let count = 0;
  const report = () => {
    logger.warn({ rejected: count }, 'overloaded: requests are answered with 503');
    count = 0;
  };
  return () => {
    count += 1;
    if (count === 1) setTimeout(report, 1000).unref();
  };
}

async function openKeySource(config: Config, logger: Logger): Promise<KeySource> {
  try {
    return await openKeys(findKeyOrigin(config), createKeyObserver(logger));
  } catch (error) {
    if (!config.keys) throw error;
    throw new ConfigError(`JWT_KEYS ${error instanceof Error ? error.message : 'is no JWK Set'}`);
  }
}

function findKeyOrigin({ keys, database }: Config): KeyOrigin {
  if (keys) return keys;
  if (database.engine === 'sqlite') return { secret: loadDevelopmentSecret(database.path) };
  throw new ConfigError('JWT_SECRET or JWT_KEYS is needed'); // which readConfig has seen to
}

function createKeyObserver(logger: Logger): KeyReloadObserver {
  return {
    onReloaded({ first, byId }) {
      logger.info({ signs: first.kid, verify: [...byId.keys()] }, 'JWT_KEYS has changed: taken');
    },
    onUnchanged: () => logger.info('JWT_KEYS has not changed'),
    onRejected: (error) => logger.error({ err: error }, 'JWT_KEYS not taken: the former keys stay'),
    onNoFile: () => logger.info('JWT_KEYS names no file: there are no keys to read again'),
  };
}

async function startTracingIfConfigured(
  { traces, database }: Config,
  logger: Logger,
): Promise<Tracing | undefined> {
  if (!traces) return undefined;
  const { startTracing } = await import('./observability/tracing.ts'); // with all of OpenTelemetry behind it
  const system = database.engine === 'sqlite' ? 'sqlite' : 'postgresql';
  return startTracing({ ...traces, database: system, logger });
}

function createRetentionObserver({ retention }: Metrics, logger: Logger): RetentionObserver {
  return {
    onPurged: retention.onPurged,
    onFailed(error) {
      logger.error({ err: error }, 'sweep failed');
      retention.onFailed(error);
    },
  };
}
