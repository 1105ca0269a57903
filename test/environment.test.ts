import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findMisspeltVariables, loadEnvFile } from '../src/environment.ts';
import { runScript, TODOS } from './support/cli.ts';
import { runToExit } from './support/service-process.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** Loads a `.env` file with that content. */
function load(content: string | Buffer, environment: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  using folder = temporaryFolder();
  const path = folder.file('.env');
  writeFileSync(path, content);
  loadEnvFile(environment, path);
  return environment;
}

const LINES = 'PORT=9000\r\nHOST=localhost # the rest\r\nLOG_LEVEL="warn"\r\n';

test.each([
  ['UTF-8', Buffer.from(LINES)],
  ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${LINES}`)],
  ['UTF-16, little-endian', Buffer.from(`\uFEFF${LINES}`, 'utf16le')],
  ['UTF-16, big-endian', Buffer.from(`\uFEFF${LINES}`, 'utf16le').swap16()],
])('.env in %s: every line is read, and the environment comes first', (_encoding, bytes) => {
  const expected = { PORT: '9000', HOST: '::1', LOG_LEVEL: 'warn' };
  expect(load(bytes, { HOST: '::1' })).toEqual(expected);
});

test.each([
  ['PORT: 9000', 'line 1 begins with "PORT" and is not NAME=VALUE\n  for example: PORT=8000'],
  ['# ok\n\nexport A="x\ny"\nLOG_LEVEL warn', 'line 5 begins with "LOG_LEVEL" and is not NAME='],
  ['JWT_SECRET: hunter2', 'for example: JWT_SECRET='],
  ['{"PORT": 9000}', 'line 1 is not NAME=VALUE\n  for example: PORT=8000'],
])('.env with the line %j: says which line, and sets nothing', (text, message) => {
  const environment: NodeJS.ProcessEnv = {};
  expect(() => load(text, environment)).toThrow(message);
  expect(() => load(text, environment)).not.toThrow('hunter2');
  expect(environment).toEqual({});
});

test('.env as people write it: comments, empty lines, export, quotes over several lines', () => {
  const text = '# one\n\n  export A=1 # two\nB = "x\ny: z\n"\r\nC=\'#\'\nD=\n';
  expect(load(text)).toEqual({ A: '1', B: 'x\ny: z\n', C: '#', D: '' });
});

test('a missing .env file changes nothing', () => {
  using folder = temporaryFolder();
  const environment: NodeJS.ProcessEnv = {};
  loadEnvFile(environment, folder.file('no.env'));
  expect(environment).toEqual({});
});

test.each([
  ['JWT_SECERT', 'JWT_SECRET'],
  ['JWT_KEY', 'JWT_KEYS'],
  ['DATABSE_URL', 'DATABASE_URL'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['CORS_ORIGIN', 'CORS_ORIGINS'],
  ['log_level', 'LOG_LEVEL'],
  ['KEEPALIVE_SECONDS', 'KEEP_ALIVE_SECONDS'],
])('misspelt variable %s: the warning names %s', (name, nearest) => {
  expect(findMisspeltVariables({ [name]: 'a secret value' })).toEqual([
    `${name} is not a variable of the service and is ignored. Did you mean ${nearest}?`,
  ]);
});

test('variables of other programs cause no warning', () => {
  const others = ['PATH', 'HOME', 'HOSTNAME', 'PWD', 'TERM', 'POSTGRES_PASSWORD', 'PGPASSWORD'];
  const names = [...others, 'COPY_FROM', 'OTEL_TRACES_SAMPLER', 'OTEL_SERVICE_NAME', 'PORT'];
  expect(findMisspeltVariables(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
});

test('a misspelt variable in .env: the service and the commands warn once, then go on', async () => {
  using folder = temporaryFolder();
  writeFileSync(folder.file('.env'), '\uFEFFDATABASE_URL=sqlite:none/x\nJWT_SECERT=abc\n');
  const warning = /^JWT_SECERT is not a variable .* Did you mean JWT_SECRET\?\n/;
  const command = await runScript([TODOS, 'audit', 'x'], {}, folder);
  expect(command.output).toMatch(warning);
  expect(command.output).toContain('There is no database at none/x');
  const { code, output } = await runToExit({ HOST: '0.0.0.0', WORKERS: '2' }, { folder });
  expect(code).toBe(1);
  expect(output).toMatch(warning);
  expect(output).toContain('JWT_SECRET (or JWT_KEYS) is needed');
});
