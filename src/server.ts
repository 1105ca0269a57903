// The process: configuration, start, banner, stop.
import { parseArgs } from 'node:util';
import { ConfigError, describeVariables, readConfig } from './config.ts';
import { LostConnection } from './database/errors.ts';
import { DEMO_CREDENTIALS, hasDemoUser } from './demo.ts';
import { createLogger } from './http/log.ts';
import { type Service, startService } from './service.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(help());
    return;
  }
  process.umask(0o077); // what the service writes is nobody else's to read
  const config = readConfig(process.env);
  const logger = createLogger(config.logLevel);
  const starting = startService(config, logger);
  // A trial without keys of its own ends with its terminal, which is what SIGHUP says otherwise.
  if (config.keys) process.on('SIGHUP', () => starting.then(reloadKeys, () => undefined));
  const service = await starting;

  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1); // whoever asks twice does not want to wait
      isStopping = true;
      void service.close().then(() => logger.info('stopped'));
    });
  }
  console.log(banner(service.url, config.trial && (await hasDemoUser(service.db))));
}

function reloadKeys(service: Service): Promise<void> {
  return service.reloadKeys();
}

function banner(url: string, hasDemo: boolean): string {
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
  EADDRINUSE: 'Set PORT to another one.',
  EACCES: 'Set PORT to another one (those below 1024 are for the administrator).',
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
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof ConfigError) console.error(`The configuration is wrong.\n${error.message}`);
  else if (error instanceof LostConnection) {
    console.error(`The database of DATABASE_URL cannot be reached: ${error.message}`);
  } else if (code in START_FAULTS) console.error(`${String(error)}\n${START_FAULTS[code]}`);
  else console.error(error);
  process.exitCode = 1;
});
