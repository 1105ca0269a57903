// The process: configuration, start, banner, stop.
import { parseArgs } from 'node:util';
import { ConfigError, describeVariables, readConfig } from './config.ts';
import { DEMO_CREDENTIALS } from './demo.ts';
import { createLogger } from './http/log.ts';
import { type Service, startService } from './service.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(help());
    return;
  }
  const config = readConfig(process.env);
  const logger = createLogger(config.logLevel);
  const service = await startService(config, logger);
  console.log(banner(service, config.trial));

  const stop = once(async () => {
    await service.close();
    logger.info('stopped');
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
}

function once(work: () => Promise<void>): () => void {
  let begun = false;
  return () => {
    if (begun) return;
    begun = true;
    void work();
  };
}

function banner({ url, hasNewDemoUser }: Service, trial: boolean): string {
  const { username, password } = DEMO_CREDENTIALS;
  const login = JSON.stringify({ username, password });
  const lines = [
    `OpenAPI Todos  ${url}`,
    `  docs         ${url}/docs`,
    `  contract     ${url}/openapi.yaml`,
  ];
  if (trial) {
    lines.push(
      `  demo login   ${username} / ${password}${hasNewDemoUser ? '' : '  (unless you have changed it)'}`,
      '',
      `  curl ${url}/auth/login --json '${login}'`,
    );
  }
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

main().catch((error: unknown) => {
  if (error instanceof ConfigError) console.error(`The configuration is wrong.\n${error.message}`);
  else if (isAddressInUse(error)) console.error(`${error.message}\nSet PORT to another one.`);
  else console.error(error);
  process.exitCode = 1;
});

function isAddressInUse(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
