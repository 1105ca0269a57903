import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ConfigError, describeVariables, findExample, readConfig } from '../src/config.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

test('readConfig: development mode needs no variable', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 8000,
    workers: 1,
    drainSeconds: 0,
    metricsPort: undefined,
    database: { engine: 'sqlite', path: 'data/todos.sqlite' },
    keys: undefined,
    issuer: 'openapi-todos',
    audience: 'openapi-todos',
    accessTokenSeconds: 900,
    sessionIdleSeconds: 30 * 86_400,
    sessionAbsoluteSeconds: 90 * 86_400,
    refreshGraceSeconds: 10,
    registration: true,
    freeFailures: { login: 10, loginPerAddress: 100, refresh: 100 },
    corsOrigins: ['http://localhost:*', 'http://127.0.0.1:*'],
    bodyLimitBytes: 65_536,
    maxTodos: 10_000,
    maxRequests: 512,
    maxConnections: 1000,
    requestSeconds: 30,
    keepAliveSeconds: 65,
    trustedProxies: [],
    allowedHosts: [],
    logLevel: 'info',
    traces: undefined,
    isDevelopment: true,
  });
});

test('every variable reaches the configuration', () => {
  const secret = 's'.repeat(32);
  expect(
    readConfig({
      PORT: '0',
      HOST: '0.0.0.0',
      DATABASE_URL: 'sqlite::memory:',
      JWT_SECRET: secret,
      JWT_ISSUER: 'issuer',
      JWT_AUDIENCE: 'audience',
      ACCESS_TOKEN_SECONDS: '60',
      SESSION_IDLE_SECONDS: '120',
      SESSION_ABSOLUTE_SECONDS: '240',
      REFRESH_GRACE_SECONDS: '20',
      REGISTRATION: 'false',
      LOGIN_FREE_FAILURES: '1',
      LOGIN_FREE_FAILURES_PER_ADDRESS: '2',
      REFRESH_FREE_FAILURES: '3',
      CORS_ORIGINS: 'https://a.example, https://b.example',
      BODY_LIMIT_BYTES: '2048',
      MAX_TODOS: '64',
      MAX_REQUESTS: '64',
      MAX_CONNECTIONS: '200',
      REQUEST_SECONDS: '20',
      KEEP_ALIVE_SECONDS: '75',
      TRUSTED_PROXIES: '10.0.0.0/8,::1',
      ALLOWED_HOSTS: 'todos.example.com,*.example.org',
      LOG_LEVEL: 'warn',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
      DRAIN_SECONDS: '5',
      METRICS_PORT: '9464',
    }),
  ).toEqual({
    host: '0.0.0.0',
    port: 0,
    workers: 1,
    drainSeconds: 5,
    metricsPort: 9464,
    database: { engine: 'sqlite', path: ':memory:' },
    keys: { secret },
    issuer: 'issuer',
    audience: 'audience',
    accessTokenSeconds: 60,
    sessionIdleSeconds: 120,
    sessionAbsoluteSeconds: 240,
    refreshGraceSeconds: 20,
    registration: false,
    freeFailures: { login: 1, loginPerAddress: 2, refresh: 3 },
    corsOrigins: ['https://a.example', 'https://b.example'],
    bodyLimitBytes: 2048,
    maxTodos: 64,
    maxRequests: 64,
    maxConnections: 200,
    requestSeconds: 20,
    keepAliveSeconds: 75,
    trustedProxies: ['10.0.0.0/8', '::1'],
    allowedHosts: ['todos.example.com', '*.example.org'],
    logLevel: 'warn',
    traces: { endpoint: 'http://localhost:4318', ratio: 0.1 },
    isDevelopment: false,
  });
});

test('a variable that is set to nothing counts as not set', () => {
  expect(readConfig({ PORT: '', JWT_SECRET: '' })).toEqual(readConfig({}));
});

test.each([
  ['PORT', 'http', 'PORT must be a port, a whole number from 0 to 65535, not "http"'],
  ['PORT', '65536', 'PORT must be a port, a whole number from 0 to 65535, not "65536"'],
  ['PORT', '-1', 'PORT must be a port'],
  ['PORT', '80.5', 'PORT must be a port'],
  ['WORKERS', 'many', 'WORKERS must be `auto` or a number'],
  ['WORKERS', '0', 'WORKERS must be `auto` or a number'],
  ['DRAIN_SECONDS', '301', 'DRAIN_SECONDS must be seconds'],
  ['HOST', 'not a host', 'HOST must be an address or a host name'],
  ['DATABASE_URL', 'mysql://root:hunter2@db', 'DATABASE_URL must be sqlite:PATH'],
  ['DATABASE_URL', 'sqlite:', 'DATABASE_URL must be sqlite:PATH'],
  ['DATABASE_URL', 'postgres://', 'DATABASE_URL must be sqlite:PATH'],
  ['DATABASE_URL', 'sqlite://data.sqlite', ': write sqlite:data.sqlite for a file in this folder'],
  ['DATABASE_URL', 'sqlite:///data.sqlite', ', sqlite:/data.sqlite for an absolute path'],
  ['DATABASE_URL', 'sqlite:~/data.sqlite', 'write the whole path'],
  ['DATABASE_URL', 'sqlite::memory', 'write sqlite::memory:'],
  ['DATABASE_URL', 'sqlite:memory', 'write sqlite::memory:'],
  ['DATABASE_URL', 'sqlite:data.sqlite?mode=ro', 'PATH is a path, it has no parameters'],
  ['DATABASE_URL', 'sqlite:file:data.sqlite', 'PATH is a path, it has no parameters'],
  ['DATABASE_URL', 'postgres://todos:p@ss@[', 'DATABASE_URL must be sqlite:PATH'],
  ['DATABASE_POOL_SIZE', '0', 'DATABASE_POOL_SIZE must be a number'],
  ['DATABASE_POOL_QUEUE', 'many', 'DATABASE_POOL_QUEUE must be a number'],
  ['JWT_SECRET', 'hunter2', 'JWT_SECRET must have 32 bytes or more (256 bits), not 7'],
  ['ACCESS_TOKEN_SECONDS', '0', 'ACCESS_TOKEN_SECONDS must be seconds'],
  ['SESSION_IDLE_SECONDS', '1h', 'SESSION_IDLE_SECONDS must be seconds'],
  ['SESSION_ABSOLUTE_SECONDS', '-5', 'SESSION_ABSOLUTE_SECONDS must be seconds'],
  ['REFRESH_GRACE_SECONDS', '301', 'REFRESH_GRACE_SECONDS must be seconds'],
  ['REGISTRATION', 'maybe', 'REGISTRATION must be true or false, not "maybe"'],
  ['LOGIN_FREE_FAILURES', '0', 'LOGIN_FREE_FAILURES must be a number'],
  ['ALLOWED_HOSTS', 'https://example.com', 'ALLOWED_HOSTS must be host names'],
  ['ALLOWED_HOSTS', 'example.com:8000', 'ALLOWED_HOSTS must be host names'],
  ['CORS_ORIGINS', 'example.com', 'CORS_ORIGINS must be origins'],
  ['CORS_ORIGINS', 'https://a.example/path', 'CORS_ORIGINS must be origins'],
  ['CORS_ORIGINS', 'https://A.example', 'CORS_ORIGINS must be origins'],
  ['CORS_ORIGINS', 'http://localhost:*,https://*.com', 'CORS_ORIGINS must be origins'],
  ['KEEP_ALIVE_SECONDS', '0', 'KEEP_ALIVE_SECONDS must be seconds'],
  ['JWT_ISSUER', 'x'.repeat(201), 'JWT_ISSUER must have 200 characters or fewer, not 201'],
  ['BODY_LIMIT_BYTES', '64k', 'BODY_LIMIT_BYTES must be bytes'],
  ['TRUSTED_PROXIES', 'everyone', 'TRUSTED_PROXIES must be addresses or subnets'],
  ['TRUSTED_PROXIES', '0.0.0.0/0', 'TRUSTED_PROXIES must be addresses or subnets'],
  ['TRUSTED_PROXIES', '10.0.0.0/33', 'TRUSTED_PROXIES must be addresses or subnets'],
  ['TRUSTED_PROXIES', '10/8', 'TRUSTED_PROXIES must be addresses or subnets'],
  ['TRUSTED_PROXIES', '2001:db8::/129', 'TRUSTED_PROXIES must be addresses or subnets'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318', 'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'must be a number from 0 to 1, not "1.5"'],
  ['LOG_LEVEL', 'loud', 'LOG_LEVEL must be one of fatal, error'],
])('%s=%s: the message says what is wrong and gives an example', (name, value, message) => {
  const start = () => readConfig({ [name]: value });
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(message);
  expect(start).not.toThrow('hunter2');
  const isSecret = /^(JWT_SECRET|DATABASE_URL|OTEL_EXPORTER_OTLP_ENDPOINT|JWT_ISSUER)$/.test(name);
  if (!isSecret) expect(start).toThrow(`"${value.split(',').at(-1)}"`);
  expect(start).toThrow(`for example: ${name}=`);
});

test("the example in each variable's description is valid", () => {
  using folder = temporaryFolder();
  const keys = folder.file('keys.json');
  writeFileSync(keys, '{"keys":[]}');
  const secret = 's'.repeat(32);
  for (const { name } of describeVariables()) {
    const [, example = ''] = findExample(name)?.split(/=(.*)/) ?? [];
    const value = example
      .replace('"$(openssl rand -base64 48)"', secret) // as a shell replaces it
      .replace('keys.json', keys);
    const others = name.startsWith('JWT_') ? {} : { JWT_SECRET: secret };
    expect(() => readConfig({ ...others, [name]: value }), name).not.toThrow();
  }
});

test('a long or unprintable wrong value is shortened and escaped in the message', () => {
  const start = () => readConfig({ PORT: `\u001b[2K${'9'.repeat(100)}` });
  expect(start).toThrow(/not "\\u001b\[2K9{56}…"\n/);
});

test('a message shows the wrong value unless it may contain a secret', () => {
  const messages = {
    'mysql://root:hunter2@db': 'NAME, not "mysql:…"',
    hunter2: 'NAME, not a text without a scheme',
    'sqlite:///hunter2': 'NAME, not "sqlite:…": write sqlite:',
  };
  for (const [value, message] of Object.entries(messages)) {
    expect(() => readConfig({ DATABASE_URL: value })).toThrow(message);
  }
  const pasted = 'c2VjcmV0/a2V5';
  expect(() => readConfig({ JWT_KEYS: pasted })).toThrow('not a text of 13 characters: ENOENT');
  expect(() => readConfig({ JWT_KEYS: pasted })).not.toThrow(pasted);
});

test('all wrong variables are reported at once', () => {
  const start = () => readConfig({ PORT: 'x', LOG_LEVEL: 'y' });
  expect(start).toThrow(/PORT.*LOG_LEVEL/s);
});

test('JWT_SECRET is required unless HOST is a loopback address', () => {
  expect(() => readConfig({ HOST: '0.0.0.0' })).toThrow(
    /JWT_SECRET \(or JWT_KEYS\) is needed because HOST=/,
  );
  expect(readConfig({ HOST: '::1' }).isDevelopment).toBe(true);
  expect(readConfig({ HOST: 'localhost' }).isDevelopment).toBe(true);
  expect(() => readConfig({ HOST: '127.example.com' })).toThrow('JWT_SECRET');
});

test('JWT_SECRET is required with PostgreSQL, whatever HOST is', () => {
  const DATABASE_URL = 'postgres://todos:hunter2@db.example.com/todos';
  const withoutSecret = () => readConfig({ DATABASE_URL });
  expect(withoutSecret).toThrow(/JWT_SECRET \(or JWT_KEYS\) is needed because DATABASE_URL/);
  expect(withoutSecret).not.toThrow('hunter2');
  const { database, isDevelopment } = readConfig({
    DATABASE_URL,
    DATABASE_POOL_SIZE: '3',
    DATABASE_POOL_QUEUE: '4',
    JWT_SECRET: 's'.repeat(32),
  });
  expect(database).toEqual({ engine: 'postgres', url: DATABASE_URL, poolSize: 3, maxQueued: 4 });
  expect(isDevelopment).toBe(false);
});

test('the largest masks of TRUSTED_PROXIES are one address each', () => {
  const proxies = '192.0.2.1/32,2001:db8::1/128';
  expect(readConfig({ TRUSTED_PROXIES: proxies }).trustedProxies).toEqual(proxies.split(','));
});

test('WORKERS above 1 need a database that processes can share', () => {
  expect(readConfig({ WORKERS: '3' }).workers).toBe(3);
  expect(readConfig({ WORKERS: 'auto' }).workers).toBeGreaterThan(0);
  const inMemory = () => readConfig({ WORKERS: '2', DATABASE_URL: 'sqlite::memory:' });
  expect(inMemory).toThrow('WORKERS must be 1: a database in memory has one process, not 2');
});

test('METRICS_PORT must differ from PORT', () => {
  const same = () => readConfig({ PORT: '9000', METRICS_PORT: '9000' });
  expect(same).toThrow('METRICS_PORT must be another one than PORT, not "9000"');
  expect(readConfig({ PORT: '0', METRICS_PORT: '0' }).metricsPort).toBe(0);
});

test('JWT_KEYS is a JWK Set or the path of a file with one', () => {
  using folder = temporaryFolder();
  const file = folder.file('keys.json');
  writeFileSync(file, '{"keys":[]}');
  expect(readConfig({ JWT_KEYS: file }).keys).toEqual({ file });
  expect(readConfig({ JWT_KEYS: '{"keys":[]}', HOST: '0.0.0.0' }).keys).toEqual({
    jwks: '{"keys":[]}',
  });
  const missing = () => readConfig({ JWT_KEYS: 'nowhere.json' });
  expect(missing).toThrow(
    'JWT_KEYS must be a JWK Set or the path of a file with one, not "nowhere.json": ENOENT',
  );
  const both = () => readConfig({ JWT_KEYS: '{}', JWT_SECRET: 's'.repeat(32) });
  expect(both).toThrow('JWT_KEYS takes the place of JWT_SECRET: set one');
});

test('docs/configuration.md has the same table as the code', () => {
  const page = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8');
  for (const { name, default: value, meaning } of describeVariables()) {
    expect(page).toContain(`| \`${name}\` | ${value ? `\`${value}\`` : ''} | ${meaning} |`);
  }
});
