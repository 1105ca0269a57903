import type { ServerOptions } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createApp, createMetricsApp } from './app.ts';
import { loadDevelopmentSecret } from './auth/development-secret.ts';
import { type KeySource, openKeys } from './auth/key-source.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Config, ConfigError } from './config.ts';
import { connect, type Db, findPoolUsage } from './database/connect.ts';
import { migrate } from './database/migrate.ts';
import { startRetentionJob } from './database/retention.ts';
import { createDemoUser } from './demo-user.ts';
import { findExposedFiles } from './exposed-files.ts';
import { createMetrics } from './observability/metrics.ts';
import type { Tracing } from './observability/tracing.ts';
import { createRequestQueues } from './request-queues.ts';
import {
  createHttpServer,
  type HttpServerOptions,
  listen,
  type RequestHandler,
} from './server/http-server.ts';

/** A service that listens. */
export interface Service {
  /** The base URL, without a slash at the end. */
  url: string;
  metricsUrl: string;
  db: Db;
  /** Reads the file of JWT_KEYS again. The log says which keys hold now, or why it was refused. */
  reloadKeys(): Promise<void>;
  /**
   * Drains and stops: `/readyz` answers 503 for DRAIN_SECONDS, then the service stops listening and
   * finishes the pending requests, within a limit.
   */
  close(): Promise<void>;
}

/**
 * Connects, migrates and listens.
 * @throws the error that prevented the start; everything is closed again
 */
export async function startService(
  config: Config,
  logger: Logger,
  clock: Clock = systemClock,
  limits: Limits = {},
): Promise<Service> {
  await using resources = new AsyncDisposableStack(); // closed if the rest fails
  for (const file of findExposedFiles(config)) {
    logger.warn({ file }, 'other users of this machine can read the file: chmod 600 it');
  }
  const tracing = await startTracingIfConfigured(config, logger);
  if (tracing) resources.defer(tracing.close);
  const db = resources.adopt(connect(config.database, tracing?.recordStatement), (handle) =>
    handle.destroy(),
  );
  await migrate(db, async (fresh) => {
    if (config.isDevelopment) await createDemoUser(fresh, clock.now());
  });
  const keys = resources.adopt(await openKeySource(config, logger), (source) => source.close());
  const queues = createRequestQueues(config, createRejectionReport(logger));
  const metrics = createMetrics(() => findPoolUsage(db), { ...queues });
  const stopRetentionJob = startRetentionJob(db, clock.now, {
    ...metrics.retention,
    onFailed(error) {
      logger.error({ err: error }, 'retention job failed');
      metrics.retention.onFailed(error);
    },
  });
  resources.defer(stopRetentionJob);
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
    trace: tracing?.traceRequest,
    isClosing,
  });
  const serverOptions = { ...readServerOptions(config), ...limits };
  const { host, port, metricsPort } = config;
  const { shutdownTimeout } = serverOptions;
  const startServer = async (handler: RequestHandler, onPort: number) => {
    const server = createHttpServer(handler, serverOptions);
    return resources.use(await listen(server, { host, port: onPort, shutdownTimeout })).url;
  };
  const metricsUrl =
    metricsPort === undefined
      ? undefined
      : await startServer(createMetricsApp(config, metrics, logger), metricsPort);
  const url = await startServer(app, port);
  const openResources = resources.move();
  const close = async () => {
    closing = true;
    await sleep(config.drainSeconds * 1000);
    await openResources.disposeAsync(); // the latest first
  };
  return { url, metricsUrl: `${metricsUrl ?? url}/metrics`, db, reloadKeys: keys.reload, close };
}

/** Milliseconds and bytes. */
export type Limits = ServerOptions &
  Pick<HttpServerOptions, 'now'> & {
    /** How long pending requests have when the service stops. */
    shutdownTimeout?: number;
  };

function readServerOptions({ requestSeconds, keepAliveSeconds, maxConnections }: Config) {
  const requestTimeout = requestSeconds * 1000;
  return {
    requestTimeout,
    headersTimeout: Math.min(10_000, requestTimeout),
    keepAliveTimeout: keepAliveSeconds * 1000,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16_384,
    maxConnections,
    shutdownTimeout: 10_000,
  };
}

/** Logs at most once per second: writing a line per rejection would add to the overload. */
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

async function openKeySource({ keys, database }: Config, logger: Logger): Promise<KeySource> {
  if (!keys) {
    // readConfig has checked it.
    if (database.engine !== 'sqlite') throw new ConfigError('JWT_SECRET or JWT_KEYS is needed');
    return openKeys({ secret: loadDevelopmentSecret(database.path) }, logger);
  }
  try {
    return await openKeys(keys, logger);
  } catch (error) {
    throw new ConfigError(`JWT_KEYS ${error instanceof Error ? error.message : 'is no JWK Set'}`);
  }
}

async function startTracingIfConfigured(
  { traces, database }: Config,
  logger: Logger,
): Promise<Tracing | undefined> {
  if (!traces) return undefined;
  const { startTracing } = await import('./observability/tracing.ts'); // it loads all of OpenTelemetry
  const system = database.engine === 'sqlite' ? 'sqlite' : 'postgresql';
  return startTracing({ ...traces, database: system, logger });
}
