// The process: configuration, start, banner, stop.
import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { type Config, readConfig } from './config.ts';
import { createDemoLookup, DEMO_CREDENTIALS } from './demo-user.ts';
import { explainStartError } from './explain-error.ts';
import { createLogger } from './observability/logger.ts';
import { createReadableLog } from './observability/readable-log.ts';
import { type Service, startService } from './service.ts';
import { type StartReport, startWorkers, type WorkerCommand, WorkerStartError } from './workers.ts';

/** Runs the service until it is stopped. A failed start sets the exit code to 1. */
export async function runService(): Promise<void> {
  try {
    await start();
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof WorkerStartError) return; // the worker has printed the reason
    console.error(explainStartError(error) ?? error);
    cluster.worker?.disconnect();
  }
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const { stdout } = process;
  const logger = createLogger(
    config.logLevel,
    stdout.isTTY ? createReadableLog(stdout) : undefined,
  );
  if (cluster.isWorker) await runWorker(config, logger);
  else if (config.workers > 1) await runPrimary(config, logger);
  else await runAlone(config, logger);
}

async function runAlone(config: Config, logger: Logger): Promise<void> {
  const starting = startService(config, logger);
  handleSignals(config, logger, {
    reload: () => void starting.then((service) => service.reloadKeys()).catch(() => undefined),
    stop: async () => (await starting).close(),
  });
  const service = await starting;
  console.log(formatBanner(await createStartReport(config, service)));
}

/** Starts the workers and passes signals on to them. */
async function runPrimary(config: Config, logger: Logger): Promise<void> {
  const workers = await startWorkers(config.workers, logger);
  handleSignals(config, logger, {
    reload: () => workers.sendToAll('reload keys'),
    stop: workers.stop,
  });
  console.log(formatBanner(workers.report));
}

/** A terminal sends signals to all processes: the primary handles them, and workers ignore them. */
async function runWorker(config: Config, logger: Logger): Promise<void> {
  for (const signal of [...STOP_SIGNALS, 'SIGHUP']) process.on(signal, () => undefined);
  const starting = startService(config, logger.child({ pid: process.pid }));
  process.on('message', (command: WorkerCommand) => {
    void starting.then(async (service) => {
      if (command === 'reload keys') await service.reloadKeys();
      if (command !== 'stop') return; // the messages about metrics arrive here, too
      await service.close();
      cluster.worker?.disconnect();
    });
  });
  process.send?.((await createStartReport(config, await starting)) satisfies StartReport);
}

async function createStartReport(config: Config, { url, db }: Service): Promise<StartReport> {
  return { url, hasDemo: config.isDevelopment && (await createDemoLookup(db)()) !== undefined };
}

function handleSignals(
  { keys }: Config,
  logger: Logger,
  { reload, stop }: { reload(): void; stop(): Promise<void> },
): void {
  // Without JWT_KEYS or JWT_SECRET it ends when its terminal is closed, which sends SIGHUP, too.
  if (keys) process.on('SIGHUP', reload);
  let stoppedAt: number | undefined;
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (stoppedAt === undefined) {
        stoppedAt = performance.now();
        void stop().then(() => logger.info('stopped'));
      } else if (performance.now() - stoppedAt > REPEATED_SIGNAL_MS) {
        process.exit(1);
      }
    });
  }
}

/** Only Windows has SIGBREAK: it is sent by Ctrl+Break and by supervisors. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGBREAK'] as const;

/** A terminal sends Ctrl+C to npm and to the service, and npm sends it again: that is one signal. */
const REPEATED_SIGNAL_MS = 300;

function formatBanner({ url, hasDemo }: StartReport): string {
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
