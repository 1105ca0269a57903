import cors from 'cors';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { AccessTokenOptions } from './auth/access-token.ts';
import { Attempts } from './auth/attempts.ts';
import { auditFor } from './auth/audit.ts';
import { bearerAuth } from './auth/authenticate.ts';
import { authHandlers } from './auth/handlers.ts';
import type { KeySet } from './auth/keys.ts';
import { withoutPort } from './auth/network.ts';
import { isUncommon, passwordRequests } from './auth/password.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Db } from './database/connect.ts';
import { isOutage } from './database/errors.ts';
import { sharedSecret } from './database/secret.ts';
import { readBody } from './http/body.ts';
import { contract, operationsOf } from './http/contract.ts';
import { docs } from './http/docs.ts';
import { document } from './http/document.ts';
import { errorHandler } from './http/errors.ts';
import { Lane, type LaneOf, lanes, takeTurns } from './http/load.ts';
import { requestLog } from './http/log.ts';
import { expose, measure } from './http/metrics.ts';
import type { OperationHandlers } from './http/operation.ts';
import { problem } from './http/problem.ts';
import { otherThanGet, protocol } from './http/protocol.ts';
import { send } from './http/send.ts';
import type { Metrics } from './metrics.ts';
import { systemHandlers } from './system/handlers.ts';
import { todoHandlers } from './todos/handlers.ts';

/** What the service stands on; the tables are migrated. */
export interface AppDependencies {
  config: Config;
  db: Db;
  /** The keys of access tokens that hold now. */
  keys: () => KeySet;
  logger: Logger;
  clock: Clock;
  metrics: Metrics;
  /** Where requests wait for their turn. */
  laneOf: LaneOf;
  /** The step that traces requests, if they are traced. */
  traceRequest?: RequestHandler | undefined;
  /** Whether the service has been told to stop. */
  isClosing: () => boolean;
}

/** Joins everything. */
export async function createApp(dependencies: AppDependencies): Promise<Express> {
  const { config, db, keys, logger, clock, metrics, laneOf, traceRequest, isClosing } =
    dependencies;
  const tokens: AccessTokenOptions = {
    keys,
    issuer: config.issuer,
    audience: config.audience,
    lifetime: config.accessTokenSeconds * 1000,
  };
  const lifetimes = {
    idle: config.sessionIdleSeconds * 1000,
    absolute: config.sessionAbsoluteSeconds * 1000,
    grace: config.refreshGraceSeconds * 1000,
  };
  const publicKeys = () => [...keys().byId.values()].flatMap(({ published }) => published ?? []);
  const { registration } = config;
  const audit = auditFor(metrics.audited);
  const attempts = new Attempts(config.freeFailures, clock.now);
  const cursorSecret = await sharedSecret(db, 'cursor');
  const handlers: OperationHandlers = {
    ...authHandlers({ db, clock, tokens, lifetimes, attempts, audit, registration }),
    ...todoHandlers({ db, now: clock.now, cursorSecret }),
    ...systemHandlers({ db, publicKeys, isClosing }),
  };

  const app = emptyApp();
  app.set('query parser', 'simple').set('trust proxy', config.trustedProxies);
  if (traceRequest) app.use(traceRequest);
  app.use(requestLog(logger), measure(metrics.registry), ...headers(config));
  app.use(docs());
  if (config.metricsPort === undefined) exposeMetrics(app, metrics);
  app.use(...protocol(document), ...readBody(document, config.bodyLimit));
  app.use((_request, response, next) => {
    response.locals['arrivedAt'] = clock.stamp();
    next();
  }, takeTurns(laneOf));
  app.use(
    ...(await contract({
      document,
      handlers,
      security: { bearerAuth: bearerAuth(db, tokens, clock.now) },
      formats: { 'uncommon-password': isUncommon },
      context: (request, response) => ({
        requestId: response.get('X-Request-Id') ?? '',
        address: withoutPort(request.ip?.slice(0, 64) ?? ''), // a proxy's word may be anything
        userAgent: request.get('User-Agent')?.slice(0, 256) ?? '',
        arrivedAt: response.locals['arrivedAt'],
      }),
    })),
  );
  app.use(
    errorHandler({
      isOutage,
      report: (error, requestId) => {
        logger.error({ err: error, request_id: requestId }, 'failed');
        if (isOutage(error)) metrics.databaseFailed(error);
      },
    }),
  );
  return app;
}

/** `/metrics` and nothing else, for a port of its own. */
export function createMetricsApp(config: Config, metrics: Metrics): Express {
  const app = emptyApp();
  app.use(...headers(config));
  exposeMetrics(app, metrics);
  app.use((_request, response) => {
    send(response, problem(404, 'not_found', 'There is nothing at this path'));
  });
  return app;
}

function emptyApp(): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  return app.enable('strict routing').enable('case sensitive routing');
}

function exposeMetrics(app: Express, { tell }: Metrics): void {
  app.route('/metrics').get(expose(tell)).all(otherThanGet);
}

/** The lanes of requests: those about passwords, which wait for a core, starve nobody else. */
export function createLanes({ maxRequests, workers }: Config, onShed?: () => void) {
  const atOnce = Math.floor(maxRequests / 8);
  const byName = {
    passwords: new Lane(passwordRequests(workers), onShed),
    others: new Lane({ atOnce, waiting: maxRequests - atOnce }, onShed),
  };
  const { passwords, others } = byName;
  const special = {
    register: passwords,
    login: passwords,
    changePassword: passwords,
    getHealth: undefined,
    getReadiness: undefined,
    getJwks: undefined, // from memory
  };
  return { byName, laneOf: lanes(operationsOf(document), special, others) };
}

/** Headers of every response: what a browser may do with it, and whose pages may ask. */
export function headers({ corsOrigins }: Config) {
  const policy = { useDefaults: false, directives: { defaultSrc: ["'none'"] } };
  const exposedHeaders = [
    'WWW-Authenticate',
    'Retry-After',
    'Link',
    'ETag',
    'Location',
    'X-Request-Id',
  ];
  const origin = corsOrigins.includes('*') ? '*' : corsOrigins.map(originPattern);
  return [
    // What only TLS may promise is for whoever terminates it to promise (RFC 6797 §7.2).
    helmet({ contentSecurityPolicy: policy, strictTransportSecurity: false }),
    cors({ origin, exposedHeaders, maxAge: 600, preflightContinue: true }),
  ];
}

/** `:*` at the end of an origin is any port, or none. */
function originPattern(origin: string): RegExp {
  const [, site = origin, anyPort] = /^(.*?)(:\*)?$/.exec(origin) ?? [];
  const literal = site.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${literal}${anyPort ? '(:\\d+)?' : ''}$`);
}
