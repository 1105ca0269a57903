import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { AccessTokenOptions } from './auth/access-token.ts';
import { createAuditRecorder } from './auth/audit-repository.ts';
import { createBearerAuth } from './auth/bearer-auth.ts';
import { authHandlers } from './auth/handlers.ts';
import type { KeySet } from './auth/keys.ts';
import { LoginThrottle } from './auth/login-throttle.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Db } from './database/connect.ts';
import { isOutage } from './database/errors.ts';
import { findOrCreateSecret } from './database/shared-secret.ts';
import { createDemoLookup } from './demo-user.ts';
import { compileAllowedHosts } from './http/allowed-hosts.ts';
import { createClientLookup } from './http/client-address.ts';
import { compileContract } from './http/contract.ts';
import { contractPages } from './http/contract-pages.ts';
import { document } from './http/openapi-document.ts';
import type { OperationHandlers } from './http/operation.ts';
import { createPipeline, type Page, type PipelineOptions } from './http/pipeline.ts';
import { createSecurityHeaders } from './http/security-headers.ts';
import { textPage } from './http/write-response.ts';
import { createAccessLog } from './observability/access-log.ts';
import { createHttpMetrics } from './observability/http-metrics.ts';
import type { Metrics } from './observability/metrics.ts';
import { findQueue, type RequestQueues } from './request-queues.ts';
import type { RequestHandler } from './server/http-server.ts';
import { systemHandlers } from './system/handlers.ts';
import { todoHandlers } from './todos/handlers.ts';
import { webPages } from './web/server/pages.ts';
import type { Settings } from './web/settings.ts';

/** What the app needs of the service. The database is migrated. */
export interface AppDependencies {
  config: Config;
  db: Db;
  /** The current keys of access tokens. */
  keys: () => KeySet;
  logger: Logger;
  clock: Clock;
  metrics: Metrics;
  queues: RequestQueues;
  /** Runs a request within its trace, if requests are traced. */
  trace?: PipelineOptions['trace'];
  /** Whether the service is shutting down. */
  isClosing: () => boolean;
}

/** Joins everything. */
export async function createApp(dependencies: AppDependencies): Promise<RequestHandler> {
  const { config, db, clock, logger, metrics, queues, trace, isClosing } = dependencies;
  const tokens: AccessTokenOptions = {
    keys: dependencies.keys,
    issuer: config.issuer,
    audience: config.audience,
    lifetimeMs: config.accessTokenSeconds * 1000,
  };
  const logRequest = createAccessLog(logger);
  const observeRequest = createHttpMetrics(metrics.registry);
  return createPipeline({
    ...createSharedOptions(config),
    operations: compileContract({
      document,
      handlers: await createHandlers(dependencies, tokens),
      security: { bearerAuth: createBearerAuth(db, tokens, clock.now) },
    }),
    pages: {
      ...webPages(createSettingsLookup(config, db)),
      ...contractPages,
      ...(config.metricsPort === undefined && createMetricsPage(metrics)),
    },
    findQueue: (target) => findQueue(queues, target),
    isClosing,
    trace,
    report(error, { requestId }) {
      logger.error({ err: error, request_id: requestId }, 'failed');
      if (isOutage(error)) metrics.countDatabaseFailure(error);
    },
    record(context) {
      logRequest(context);
      observeRequest(context);
    },
  });
}

/** Only `/metrics`, for a port of its own. */
export function createMetricsApp(config: Config, metrics: Metrics, logger: Logger): RequestHandler {
  return createPipeline({
    ...createSharedOptions(config),
    operations: [],
    pages: createMetricsPage(metrics),
    findQueue: () => undefined,
    isClosing: () => false,
    report: (error) => logger.error({ err: error }, 'metrics failed'),
    record: () => undefined,
  });
}

function createSharedOptions(config: Config) {
  return {
    findClient: createClientLookup(config.trustedProxies),
    securityHeaders: createSecurityHeaders(config.corsOrigins),
    isAllowedHost: compileAllowedHosts(config.allowedHosts),
    bodyLimitBytes: config.bodyLimitBytes,
    isOutage,
  };
}

async function createHandlers(
  { config, db, keys, clock, metrics, queues, isClosing }: AppDependencies,
  tokens: AccessTokenOptions,
): Promise<OperationHandlers> {
  const lifetimes = {
    idleMs: config.sessionIdleSeconds * 1000,
    absoluteMs: config.sessionAbsoluteSeconds * 1000,
    reuseLeewayMs: config.refreshGraceSeconds * 1000,
  };
  const publicKeys = () => [...keys().byId.values()].flatMap(({ publicJwk }) => publicJwk ?? []);
  const cursorSecret = await findOrCreateSecret(db, 'cursor');
  return {
    ...authHandlers({
      ...{ db, clock, tokens, lifetimes },
      loginThrottle: new LoginThrottle(config.freeFailures, clock.now),
      recordAuditEvent: createAuditRecorder(metrics.countAuditEvent),
      registration: config.registration,
      passwordQueue: queues.passwords,
    }),
    ...todoHandlers({ db, now: clock.now, cursorSecret, maxTodos: config.maxTodos }),
    ...systemHandlers({ db, publicKeys, isClosing }),
  };
}

/** Makes a function that finds what the page for people needs to know of the service. */
function createSettingsLookup(
  { registration, refreshGraceSeconds, isDevelopment }: Config,
  db: Db,
): () => Promise<Settings> {
  const findDemo = isDevelopment ? createDemoLookup(db) : async () => undefined;
  return async () => {
    const demo = await findDemo();
    return { registration, reuseLeewaySeconds: refreshGraceSeconds, ...(demo && { demo }) };
  };
}

function createMetricsPage({ render }: Metrics): Record<string, Page> {
  return {
    '/metrics': async () => textPage(Registry.PROMETHEUS_CONTENT_TYPE, await render()),
  };
}
