// Runs a mock server that answers with the examples of openapi.yaml.
//
//   npm run contract -- mock                on the service's port, 8000
//   npm run contract -- mock --port 4010    on another port
//
// The first run installs Prism (https://github.com/stoplightio/prism) into tools/mock.
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DEMO_CREDENTIALS } from '../src/demo-user.ts';
import { main, readCommandLine, UsageError, UserError } from './command-line.ts';
import { installNpmPackages, ROOT, runPackage } from './tools.ts';

await main(async () => {
  const { values } = readCommandLine({ options: { port: { type: 'string', default: '8000' } } });
  const { port } = values;
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError('--port must be a number from 1 to 65535');
  }
  const url = `http://localhost:${port}`;
  if (await answers(url)) throw new UserError(`Something answers on port ${port} already.`);
  const folder = await installNpmPackages('mock');
  const options = ['--port', port, '--verboseLevel', 'warn'];
  const document = join(ROOT, 'openapi.yaml');
  const mock = runPackage(folder, '@stoplight/prism-cli', ['mock', document, ...options]);
  const hasEnded = mock.then(() => true);
  while (!(await answers(url))) {
    if (await Promise.race([hasEnded, setTimeout(100, false)])) break;
  }
  if (await answers(url)) console.log(banner(url));
  process.exitCode = await mock;
});

function answers(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    () => true,
    () => false,
  );
}

function banner(url: string): string {
  const { username, password } = DEMO_CREDENTIALS;
  const login = JSON.stringify({ username, password });
  const lines = [
    `OpenAPI Todos, mock server  ${url}`,
    '  It validates requests, answers with the examples of openapi.yaml, and stores nothing.',
    '',
    `  curl ${url}/auth/login --json '${login}'`,
    `  curl ${url}/todos -H 'Authorization: Bearer anything'`,
    `  curl ${url}/todos -H 'Authorization: Bearer anything' -H 'Prefer: code=503'`,
    '',
    '  `Prefer: code=…` selects the status, `Prefer: example=…` selects an example by its name.',
  ];
  return `\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
