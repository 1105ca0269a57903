// The process: configuration, start, banner, stop.
import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { type Config, readConfig } from './config.ts';
import { DEMO_CREDENTIALS, hasDemoUser } from './demo-user.ts';
import { createLogger } from './observability/logger.ts';
import { readableLog } from './observability/readable-log.ts';
import { type Service, startService } from './service.ts';
import { explainStartFault } from './start-errors.ts';
import { type Listening, type Order, startWorkers, WorkerDied } from './workers.ts';

/** Runs the service until it is stopped; a start that fails ends the process with 1. */
export async function runService(): Promise<void> {
  try {
    await start();
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof WorkerDied) return; // after saying why
    console.error(explainStartFault(error) ?? error);
    cluster.worker?.disconnect();
  }
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const { stdout } = process;
  const logger = createLogger(config.logLevel, stdout.isTTY ? readableLog(stdout) : undefined);
  if (cluster.isWorker) await work(config, logger);
  else if (config.workers > 1) await lead(config, logger);
  else await serve(config, logger);
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
