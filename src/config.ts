import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { cleanEnv, EnvError, makeValidator, type Spec, type ValidatorSpec } from 'envalid';
import ipaddr from 'ipaddr.js';
import type { KeyOrigin } from './auth/key-source.ts';
import type { DatabaseLocation } from './database/connect.ts';
import { escapeUnsafe } from './escape-unsafe.ts';
import { isHostPattern } from './http/allowed-hosts.ts';
import { isOriginPattern } from './http/cors-origins.ts';
import { OperatorError } from './operator-error.ts';

/** The configuration of the service. */
export type Config = ReturnType<typeof readConfig>;

/** A variable has a value with which the service cannot start. The message names the variable. */
export class ConfigError extends OperatorError {}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

const parseHost = textParser(isHost, 'an address or a host name');
const parseLogLevel = textParser(
  (level) => LOG_LEVELS.includes(level),
  `one of ${LOG_LEVELS.join(', ')}`,
);
const parseOrigins = listParser(isOriginPattern, 'origins (scheme://host[:port], lower case)');
const parseHosts = listParser(isHostPattern, 'host names without a port');
const parseProxies = listParser(isAddressOrSubnet, 'addresses or subnets');

const variables = {
  PORT: defineInteger(0, 65_535, 'a port', {
    default: 8000,
    desc: 'Port to listen on; 0 selects a free port',
  }),
  HOST: makeValidator<string>(parseHost)({
    default: '127.0.0.1',
    desc: 'Address to listen on; `0.0.0.0` is every IPv4 address of the machine',
    example: '0.0.0.0',
  }),
  WORKERS: makeValidator<number>((input) =>
    input === 'auto' ? availableParallelism() : parseInteger(input, 1, 256, '`auto` or a number'),
  )({
    default: 1,
    desc: 'Number of processes that share the port; `auto` is one for each core',
    example: 'auto',
  }),
  DRAIN_SECONDS: defineInteger(0, 300, 'seconds', {
    default: 0,
    desc: 'Seconds in which the service still answers after SIGTERM while `/readyz` is 503, so that a load balancer can stop sending requests',
    example: '10',
  }),
  METRICS_PORT: makeValidator<number>((input) => parseInteger(input, 0, 65_535, 'a port'))({
    default: undefined,
    desc: 'Separate port for `/metrics`. Without it, `/metrics` is at PORT, where every client can read it',
    example: '9464',
  }),
  DATABASE_URL: makeValidator<string>(parseDatabaseUrl)({
    default: 'sqlite:data/todos.sqlite',
    desc: '`sqlite:PATH`; `sqlite::memory:` for a database that exists until the process ends; `postgres://USER:PASSWORD@HOST:PORT/NAME` for PostgreSQL or a compatible database',
    example: 'postgres://todos:secret@db.example.com:5432/todos',
  }),
  DATABASE_POOL_SIZE: defineInteger(1, 1000, 'a number', {
    default: 10,
    desc: 'Maximum number of connections to PostgreSQL of a process',
  }),
  DATABASE_POOL_QUEUE: defineInteger(1, 100_000, 'a number', {
    default: 500,
    desc: 'Maximum number of requests that wait for a connection; more are rejected with 503',
  }),
  JWT_SECRET: makeValidator<string>(parseSecret)({
    default: undefined,
    desc: 'Secret that signs access tokens (HS256), 32 bytes or more. In development mode the service creates one and stores it beside the database',
    example: '"$(openssl rand -base64 48)"',
  }),
  JWT_KEYS: makeValidator<string>(parseJwks)({
    default: undefined,
    desc: 'Instead of JWT_SECRET: a JWK Set (its JSON, or the path of a file). The first key signs, all keys verify. `npm run todos -- keys` creates one. The service reads a changed file again',
    example: 'keys.json',
  }),
  JWT_ISSUER: makeValidator<string>(parseClaim)({
    default: 'openapi-todos',
    desc: '`iss` of access tokens',
  }),
  JWT_AUDIENCE: makeValidator<string>(parseClaim)({
    default: 'openapi-todos',
    desc: '`aud` of access tokens',
  }),
  ACCESS_TOKEN_SECONDS: defineDuration({
    default: 900,
    desc: 'Seconds for which an access token is valid',
  }),
  SESSION_IDLE_SECONDS: defineDuration({
    default: 30 * 86_400,
    desc: 'Seconds without a refresh after which a session ends',
  }),
  SESSION_ABSOLUTE_SECONDS: defineDuration({
    default: 90 * 86_400,
    desc: 'Seconds after the login after which a session ends, even if it is in use',
  }),
  REFRESH_GRACE_SECONDS: defineInteger(0, 300, 'seconds', {
    default: 10,
    desc: 'The reuse leeway: seconds in which the last spent refresh token gets the same successor again; 0 disables it',
    example: '0',
  }),
  REGISTRATION: makeValidator<boolean>(parseBoolean)({
    default: true,
    desc: 'Whether anyone may create an account (`true`, `false`)',
    example: 'false',
  }),
  LOGIN_FREE_FAILURES: defineCount({
    default: 10,
    desc: 'Wrong passwords per hour, for one name from one address, that cause no delay. Each further one doubles the delay. A login in progress counts as a wrong password until it succeeds',
  }),
  LOGIN_FREE_FAILURES_PER_ADDRESS: defineCount({
    default: 100,
    desc: 'The same for all names and all registrations from one address',
  }),
  REFRESH_FREE_FAILURES: defineCount({
    default: 100,
    desc: 'The same for rejected refresh tokens from one address, per 15 minutes',
  }),
  CORS_ORIGINS: makeValidator<string>(parseOrigins)({
    default: 'http://localhost:*,http://127.0.0.1:*',
    desc: 'Origins whose pages may call the service, separated by commas; `https://*.example.com` is any subdomain, `:*` any port, `*` any origin, `none` none',
    example: 'https://app.example.com,https://*.example.com,http://localhost:*',
  }),
  ALLOWED_HOSTS: makeValidator<string>(parseHosts)({
    default: undefined,
    desc: 'Hosts that requests may name, separated by commas; `*.example.com` is any subdomain, `*` any host. Default: any host; in development mode (on a loopback address, with SQLite) only loopback names, unless TRUSTED_PROXIES is set',
    example: 'todos.example.com,*.preview.example.com',
  }),
  BODY_LIMIT_BYTES: defineInteger(1024, 100 * 2 ** 20, 'bytes', {
    default: 65_536,
    desc: 'Maximum size of a request body, in bytes',
  }),
  MAX_TODOS: defineCount({
    default: 10_000,
    desc: 'Maximum number of todos of a user; one more is rejected with 409',
  }),
  REQUEST_SECONDS: defineInteger(1, 3600, 'seconds', {
    default: 30,
    desc: 'Seconds until a request must have arrived (408), then until it must be answered (503), then until the client must have read the answer',
  }),
  KEEP_ALIVE_SECONDS: defineInteger(1, 3600, 'seconds', {
    default: 65,
    desc: 'Seconds after which an idle connection is closed. It must be more than the idle timeout of the load balancer (nginx, AWS: 60)',
  }),
  MAX_REQUESTS: defineInteger(16, 100_000, 'a number', {
    default: 512,
    desc: 'Maximum number of requests of a process, running and queued; more are rejected with 503. Password operations have their own limit',
  }),
  MAX_CONNECTIONS: defineInteger(1, 100_000, 'a number', {
    default: 1000,
    desc: 'Maximum number of connections of a process. A few more get 503; further ones are dropped',
  }),
  TRUSTED_PROXIES: makeValidator<string>(parseProxies)({
    default: 'none',
    desc: 'Addresses or subnets of the reverse proxies whose `X-Forwarded-For` is trusted, separated by commas, or `none`',
    example: '10.0.0.0/8,127.0.0.1',
  }),
  LOG_LEVEL: makeValidator<string>(parseLogLevel)({
    default: 'info',
    desc: 'Lowest level of the log: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
    example: 'warn',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: makeValidator<string>(parseEndpoint)({
    default: undefined,
    desc: 'URL for OpenTelemetry traces (OTLP over HTTP, protobuf); without it the service sends none',
    example: 'http://localhost:4318',
  }),
  OTEL_TRACES_SAMPLER_ARG: makeValidator<number>(parseRatio)({
    default: 1,
    desc: 'Share of the traces to keep, from 0 to 1, unless the caller has decided',
    example: '0.1',
  }),
};

/** Lists the variables, for `--help` and docs/configuration.md. */
export function describeVariables(): { name: string; default: string; meaning: string }[] {
  return Object.entries<ValidatorSpec<unknown> & Spec<unknown>>(variables).map(([name, spec]) => ({
    name,
    default: spec.default === undefined ? '' : String(spec.default),
    meaning: spec.desc ?? '',
  }));
}

/**
 * Reads the configuration. An empty variable is the same as none.
 * @throws ConfigError with every variable that is wrong, the fault, and an example
 */
export function readConfig(environment: Record<string, string | undefined>) {
  const env = cleanVariables(environment, variables);
  const database = parseDatabaseLocation(env);
  const isEmbedded = database.engine === 'sqlite';
  const isDevelopment = isLoopback(env.HOST) && isEmbedded;
  if (!isDevelopment && !env.JWT_SECRET && !env.JWT_KEYS) {
    const fact = isEmbedded
      ? `HOST=${env.HOST} is no loopback address`
      : 'DATABASE_URL is no embedded database';
    throw createFault('JWT_SECRET', `(or JWT_KEYS) is needed because ${fact}`);
  }
  if (env.JWT_SECRET && env.JWT_KEYS) {
    throw createFault('JWT_KEYS', 'takes the place of JWT_SECRET: set one');
  }
  if (env.METRICS_PORT && env.METRICS_PORT === env.PORT) {
    throw createFault('METRICS_PORT', `must be another one than PORT, not "${env.PORT}"`);
  }
  if (env.WORKERS > 1 && isEmbedded && database.path === ':memory:') {
    const fault = `must be 1: a database in memory has one process, not ${env.WORKERS}`;
    throw createFault('WORKERS', fault);
  }
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return {
    host: env.HOST,
    port: env.PORT,
    /** How many processes serve behind the port. */
    workers: env.WORKERS,
    /** How long requests are still answered after SIGTERM, while `/readyz` is 503. */
    drainSeconds: env.DRAIN_SECONDS,
    /** A port for `/metrics` alone; `undefined`: `/metrics` is at `port`. */
    metricsPort: env.METRICS_PORT,
    database,
    /** What signs access tokens; `undefined`: a secret beside the database, in development mode. */
    keys: parseKeys(env.JWT_SECRET, env.JWT_KEYS),
    issuer: env.JWT_ISSUER,
    audience: env.JWT_AUDIENCE,
    accessTokenSeconds: env.ACCESS_TOKEN_SECONDS,
    sessionIdleSeconds: env.SESSION_IDLE_SECONDS,
    sessionAbsoluteSeconds: env.SESSION_ABSOLUTE_SECONDS,
    refreshGraceSeconds: env.REFRESH_GRACE_SECONDS,
    registration: env.REGISTRATION,
    freeFailures: {
      login: env.LOGIN_FREE_FAILURES,
      loginPerAddress: env.LOGIN_FREE_FAILURES_PER_ADDRESS,
      refresh: env.REFRESH_FREE_FAILURES,
    },
    corsOrigins: splitList(env.CORS_ORIGINS),
    bodyLimitBytes: env.BODY_LIMIT_BYTES,
    /** Per user. */
    maxTodos: env.MAX_TODOS,
    /** Per process, running and queued. */
    maxRequests: env.MAX_REQUESTS,
    /** Per process. */
    maxConnections: env.MAX_CONNECTIONS,
    requestSeconds: env.REQUEST_SECONDS,
    keepAliveSeconds: env.KEEP_ALIVE_SECONDS,
    trustedProxies: splitList(env.TRUSTED_PROXIES),
    /** Hosts that requests may name besides loopback ones; `*` is any. */
    allowedHosts: parseAllowedHosts(env, isDevelopment),
    logLevel: env.LOG_LEVEL,
    /** Where traces are sent, and which share of them; `undefined`: none are made. */
    traces: endpoint ? { endpoint, ratio: env.OTEL_TRACES_SAMPLER_ARG } : undefined,
    /**
     * Whether the service listens on a loopback address only, with an embedded database. Only then does
     * it make a secret of its own and a demo user.
     */
    isDevelopment,
  };
}

/**
 * The part of the configuration that says where the data is.
 * @throws ConfigError
 */
export function readDatabaseLocation(environment: Record<string, string | undefined>) {
  const { DATABASE_URL, DATABASE_POOL_SIZE, DATABASE_POOL_QUEUE } = variables;
  return parseDatabaseLocation(
    cleanVariables(environment, { DATABASE_URL, DATABASE_POOL_SIZE, DATABASE_POOL_QUEUE }),
  );
}

function cleanVariables<Specs extends Partial<typeof variables>>(
  environment: Record<string, string | undefined>,
  specs: Specs,
) {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  return cleanEnv(present, specs, {
    reporter: ({ errors }) => {
      const lines = Object.entries(errors).map(([name, error]) =>
        explainFault(name, error.message),
      );
      if (lines.length > 0) throw new ConfigError(lines.join('\n'));
    },
  });
}

function parseDatabaseLocation(env: {
  DATABASE_URL: string;
  DATABASE_POOL_SIZE: number;
  DATABASE_POOL_QUEUE: number;
}): DatabaseLocation {
  const url = env.DATABASE_URL;
  if (url.startsWith('sqlite:')) return { engine: 'sqlite', path: url.slice('sqlite:'.length) };
  const { DATABASE_POOL_SIZE: poolSize, DATABASE_POOL_QUEUE: maxQueued } = env;
  return { engine: 'postgres', url, poolSize, maxQueued };
}

function parseKeys(secret: string | undefined, jwks: string | undefined): KeyOrigin | undefined {
  if (secret) return { secret };
  if (!jwks) return undefined;
  return isJson(jwks) ? { jwks } : { file: jwks };
}

function isJson(jwks: string): boolean {
  return jwks.trimStart().startsWith('{');
}

function createFault(name: string, fault: string): ConfigError {
  return new ConfigError(explainFault(name, fault));
}

function explainFault(name: string, fault: string): string {
  return `${name} ${fault}\n  for example: ${findExample(name)}`;
}

/** @returns an assignment that works; `undefined` if the service has no such variable */
export function findExample(name: string): string | undefined {
  const variable = Object.entries(variables).find(([key]) => key === name)?.[1];
  return variable && `${name}=${variable.example ?? variable.default}`;
}

/** An input for a message: it cannot change the terminal, or fill it. */
function quoteInput(input: string): string {
  const isLong = input.length > MAX_QUOTED_CHARACTERS;
  return `"${escapeUnsafe(isLong ? input.slice(0, MAX_QUOTED_CHARACTERS) : input)}${isLong ? '…' : ''}"`;
}

const MAX_QUOTED_CHARACTERS = 60;

function isLoopback(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === 'localhost' || address === '::1';
}

function splitList(value: string): string[] {
  return value === 'none' ? [] : value.split(',').map((item) => item.trim());
}

/** Makes a parser of texts. @param rule completes the sentence "It must be …" */
function textParser(isValid: (text: string) => boolean, rule: string) {
  return (input: string) => {
    if (isValid(input)) return input;
    throw createMismatch(rule, input);
  };
}

/** Makes a parser of texts with commas. @param rule completes the sentence "They must be …" */
function listParser(isValid: (item: string) => boolean, rule: string) {
  const parseItem = textParser(isValid, rule);
  return (input: string) => {
    splitList(input).forEach(parseItem);
    return input;
  };
}

function defineDuration(spec: IntegerSpec) {
  return defineInteger(1, 10 * 365 * 86_400, 'seconds', spec);
}

function defineCount(spec: IntegerSpec) {
  return defineInteger(1, 1_000_000, 'a number', spec);
}

type IntegerSpec = Spec<number> & { default: number };

function defineInteger(least: number, most: number, unit: string, spec: IntegerSpec) {
  return makeValidator<number>((input) => parseInteger(input, least, most, unit))(spec);
}

function createMismatch(rule: string, input: string): EnvError {
  return new EnvError(`must be ${rule}, not ${quoteInput(input)}`);
}

function parseClaim(input: string): string {
  if (input.length <= 200) return input;
  throw new EnvError(`must have 200 characters or fewer, not ${input.length}`);
}

function parseInteger(input: string, least: number, most: number, unit: string): number {
  const value = /^\d{1,12}$/.test(input) ? Number(input) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw createMismatch(`${unit}, a whole number from ${least} to ${most}`, input);
}

function parseBoolean(input: string): boolean {
  if (/^(true|t|yes|on|1)$/.test(input)) return true;
  if (/^(false|f|no|off|0)$/.test(input)) return false;
  throw createMismatch('true or false', input);
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[a-z0-9.-]+$/i.test(text);
}

/** proxy-addr accepts no subnet of all addresses, and reads the address of `10/8` as 0.0.0.10. */
function isAddressOrSubnet(text: string): boolean {
  const address = text.replace(/\/0*[1-9]\d*$/, '');
  return isIP(address) !== 0 && (text === address || ipaddr.isValidCIDR(text));
}

function parseDatabaseUrl(input: string): string {
  if (/^postgres(ql)?:\/\/./.test(input) && URL.canParse(input)) return input;
  const path = /^sqlite:(.+)$/.exec(input)?.[1];
  const fault = path && findPathFault(path);
  if (path && !fault) return input;
  const forms = 'must be sqlite:PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST:PORT/NAME';
  throw new EnvError(`${forms}, not ${quoteScheme(input)}${fault ? `: ${fault}` : ''}`);
}

/** The scheme of a URL alone: the rest may have a password. */
function quoteScheme(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]{0,20}:/i.exec(url)?.[0];
  return scheme ? `"${scheme}…"` : 'a text without a scheme';
}

/** Forms of other programs would make a file with an unexpected name, or in an unexpected folder. */
function findPathFault(path: string): string | undefined {
  const name = path.replace(/^\/+/, '');
  if (path.startsWith('//')) {
    return `write sqlite:${name} for a file in this folder, sqlite:/${name} for an absolute path`;
  }
  if (path.startsWith('~')) return 'write the whole path, nothing replaces the ~';
  if (/^:?memory:?$/.test(path) && path !== ':memory:') return 'write sqlite::memory:';
  if (path.startsWith('file:') || path.includes('?')) return 'PATH is a path, it has no parameters';
  return undefined;
}

function parseSecret(input: string): string {
  const bytes = Buffer.byteLength(input);
  if (bytes >= 32) return input;
  throw new EnvError(`must have 32 bytes or more (256 bits), not ${bytes}`);
}

/** The JSON of a JWK Set, or the path of a file, which `auth/key-source.ts` reads. */
function parseJwks(input: string): string {
  try {
    if (!isJson(input)) accessSync(input, constants.R_OK);
    return input;
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    const given = isKeyFileName(input) ? quoteInput(input) : `a text of ${input.length} characters`;
    throw new EnvError(`must be a JWK Set or the path of a file with one, not ${given}: ${why}`);
  }
}

/** Whether a message may have the text: a key, given by mistake, has no such name. */
function isKeyFileName(input: string): boolean {
  return /^[^{}]*\.json$/.test(input);
}

function parseEndpoint(input: string): string {
  if (URL.canParse(input) && /^https?:$/.test(new URL(input).protocol)) return input;
  throw new EnvError(
    `must be a URL that begins with http:// or https://, not ${quoteScheme(input)}`,
  );
}

function parseRatio(input: string): number {
  const value = /^\d(\.\d{1,9})?$/.test(input) ? Number(input) : Number.NaN;
  if (value <= 1) return value;
  throw createMismatch('a number from 0 to 1', input);
}

/** In development mode, pages of other sites must not reach the service by DNS rebinding. */
function parseAllowedHosts(
  env: { ALLOWED_HOSTS?: string | undefined; TRUSTED_PROXIES: string },
  isDevelopment: boolean,
): string[] {
  if (env.ALLOWED_HOSTS !== undefined) return splitList(env.ALLOWED_HOSTS);
  return isDevelopment && splitList(env.TRUSTED_PROXIES).length === 0 ? [] : ['*'];
}
