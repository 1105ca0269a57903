// The process: configuration, start, banner, stop.
import cluster from 'node:cluster';
import { parseArgs } from 'node:util';
import type { Logger } from 'pino';
import { type Config, ConfigError, describeVariables, readConfig } from './config.ts';
import { LostConnection } from './database/errors.ts';
import { MigrationError } from './database/migrate.ts';
import { DEMO_CREDENTIALS, hasDemoUser } from './demo.ts';
import { findMisspeltVariables } from './environment.ts';
import { createLogger } from './observability/logger.ts';
import { type Service, startService } from './service.ts';
import { type Listening, type Order, startWorkers, WorkerDied } from './workers.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(help());
    return;
  }
  process.umask(0o077); // what the service writes is nobody else's to read
  if (cluster.isPrimary) warnOfMisspeltVariables();
  const config = readConfig(process.env);
  const logger = createLogger(config.logLevel);
  if (cluster.isWorker) await work(config, logger);
  else if (config.workers > 1) await lead(config, logger);
  else await serve(config, logger);
}

function warnOfMisspeltVariables(): void {
  for (const warning of findMisspeltVariables(process.env)) console.error(warning);
}

/** The one process that is all of the service. */
async function serve(config: Config, logger: Logger): Promise<void> {
  const starting = startService(config, logger);
  obeySignals(config, logger, {
    reload: () => void starting.then(reloadKeys, () => undefined),
    stop: async () => (await starting).close(),
  });
  const service = await starting;
  console.log(banner(await describe(config, service)));
}

/** The process that starts the others and passes on what it is told. */
async function lead(config: Config, logger: Logger): Promise<void> {
  const workers = await startWorkers(config.workers, logger);
  obeySignals(config, logger, { reload: () => workers.tell('reload keys'), stop: workers.stop });
  console.log(banner(workers.listening));
}

/** One of several processes. Signals, which a terminal sends to all, are the leading one's. */
async function work(config: Config, logger: Logger): Promise<void> {
  for (const signal of [...STOP_SIGNALS, 'SIGHUP']) process.on(signal, () => undefined);
  const starting = startService(config, logger.child({ pid: process.pid }));
  process.on('message', (order: Order) => {
    void starting.then(async (service) => {
      if (order === 'reload keys') await reloadKeys(service);
      if (order !== 'stop') return; // metrics are asked for in the same way
      await service.close();
      cluster.worker?.disconnect();
    });
  });
  process.send?.((await describe(config, await starting)) satisfies Listening);
}

async function describe(config: Config, { url, db }: Service): Promise<Listening> {
  return { url, hasDemo: config.trial && (await hasDemoUser(db)) };
}

interface Orders {
  reload(): void;
  stop(): Promise<void>;
}

function obeySignals({ keys }: Config, logger: Logger, { reload, stop }: Orders): void {
  // A trial without keys of its own ends with its terminal, which is what SIGHUP says otherwise.
  if (keys) process.on('SIGHUP', reload);
  let stoppedAt: number | undefined;
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (stoppedAt !== undefined) return endAtSecondSignal(stoppedAt);
      stoppedAt = performance.now();
      void stop().then(() => logger.info('stopped'));
    });
  }
}

/** SIGBREAK is Ctrl+Break on Windows, and what supervisors send there. */
const STOP_SIGNALS =
  process.platform === 'win32'
    ? (['SIGTERM', 'SIGINT', 'SIGBREAK'] as const)
    : (['SIGTERM', 'SIGINT'] as const);

/** npm repeats a Ctrl+C that the terminal has sent to the service, too: that is one signal. */
const REPEATED_SIGNAL_MS = 300;

function endAtSecondSignal(stoppedAt: number): void {
  if (performance.now() - stoppedAt > REPEATED_SIGNAL_MS) process.exit(1);
}

function reloadKeys(service: Service): Promise<void> {
  return service.reloadKeys();
}

function banner({ url, hasDemo }: Listening): string {
  const { username, password } = DEMO_CREDENTIALS;
  const login = JSON.stringify({ username, password });
  const demo = [
    `  demo login   ${username} / ${password}`,
    '',
    `  curl ${url}/auth/login --json '${login}'`,
  ];
  const lines = [
    `OpenAPI Todos  ${url}`,
    `  docs         ${url}/docs`,
    `  contract     ${url}/openapi.yaml`,
    ...(hasDemo ? demo : []),
  ];
  return `\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

function help(): string {
  const rows = describeVariables().map(
    ({ name, default: value, meaning }) =>
      `  ${name}\n      ${meaning}${value ? `\n      default: ${value}` : ''}`,
  );
  return [
    'npm start',
    '',
    'Starts the service. It is configured by environment variables, and by a file .env in the',
    'folder it is started in (a variable of the environment comes before one of the file):',
    '',
    ...rows,
  ].join('\n');
}

/** What a start can fail from outside the configuration, by the variable that it comes from. */
const START_FAULTS: Record<string, string> = {
  EADDRINUSE: 'Set PORT, or METRICS_PORT, to another one.',
  EACCES: 'Set PORT, or METRICS_PORT, to another one (those below 1024 are for the administrator).',
  EADDRNOTAVAIL: 'Set HOST to an address of this machine, for example HOST=127.0.0.1.',
  ENOTFOUND: 'Set HOST to an address of this machine, for example HOST=127.0.0.1.',
  SQLITE_CANTOPEN:
    'Set DATABASE_URL to a file that can be written, for example sqlite:data/todos.sqlite.',
  SQLITE_NOTADB: 'DATABASE_URL names a file that is no SQLite database.',
  '28P01': 'DATABASE_URL has a wrong user or password.',
  '28000': 'DATABASE_URL has a user who may not connect.',
  '3D000': 'DATABASE_URL names a database that does not exist: create it first.',
  '42501': 'The user of DATABASE_URL needs to create tables in its database.',
};

main().catch((error: unknown) => {
  process.exitCode = 1;
  if (error instanceof WorkerDied) return; // after saying why
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof ConfigError) console.error(`The configuration is wrong.\n${error.message}`);
  else if (error instanceof MigrationError) console.error(error.message);
  else if (error instanceof LostConnection) {
    console.error(`The database of DATABASE_URL cannot be reached: ${error.message}`);
  } else if (code in START_FAULTS) console.error(`${String(error)}\n${START_FAULTS[code]}`);
  else console.error(error);
  cluster.worker?.disconnect();
});
