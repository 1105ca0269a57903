// `npm ci && npm start` prints nothing that a newcomer would worry about, whatever Node.js
// and npm they have: no warning, no deprecation, no notice. The banner is the first thing they read.
//
//   npm run test:all -- install           with CI=true, the oldest and the newest Node.js only
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'vitest';
import { installNpmPackages } from '../../scripts/tools.ts';
import { nodePath } from '../packages/node-path.ts';
import { collectOutput } from '../support/process-output.ts';
import { copyProject } from '../support/project-copy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Each Node.js with the npm that comes with it. */
const ALL = [
  { node: 20, npm: 10 },
  { node: 22, npm: 10 },
  { node: 24, npm: 11 },
  { node: 26, npm: 11 },
];
const CHOSEN = process.env['CI'] ? ALL.filter(({ node }) => node === 20 || node === 26) : ALL;

const tools = await installNpmPackages('packages');

/** The environment of a person's shell: nothing of the npm and the Vitest that run this test. */
function shellEnvironment(node: string): NodeJS.ProcessEnv {
  const ofTheTest =
    /^(npm_(?!config_(registry|cache|cafile)$)|NODE(_ENV|_OPTIONS|_PATH)?$|VITEST|(CI|TEST|INIT_CWD)$)/;
  const variables = Object.entries(process.env).filter(([name]) => !ofTheTest.test(name));
  const others = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  const path = [dirname(node), ...others].join(delimiter);
  return { ...Object.fromEntries(variables), PATH: path, PORT: '0' };
}

/** npm in a copy of the project, as a person types it. */
function npmOf({ node, npm }: { node: number; npm: number }, folder: string) {
  const path = nodePath(node);
  const cli = join(tools, `node_modules/npm-${npm}/bin/npm-cli.js`);
  return (...args: string[]) => {
    const child = spawn(path, [cli, ...args], { cwd: folder, env: shellEnvironment(path) });
    return { child, output: collectOutput(child), closed: once(child, 'close') };
  };
}

test.concurrent.for(CHOSEN)(
  'npm ci and npm start are quiet on Node.js $node with npm $npm',
  async (versions, { expect, onTestFinished }) => {
    using folder = temporaryFolder();
    copyProject(folder.path);
    const npm = npmOf(versions, folder.path);

    const ci = npm('ci');
    await ci.closed;
    expect(ci.output.text).toMatch(/^\nadded \d+ packages in \w+\n$/);

    const start = npm('start');
    onTestFinished(() => void start.child.kill());
    await expect.poll(() => start.output.text).toContain('/auth/login');
    start.child.kill('SIGTERM');
    await start.closed;
    const [printed = ''] = start.output.text.split(/^\{/m, 1); // the first line of the log
    const lines = printed.split('\n').filter((line) => line.trim());
    expect(lines).toEqual([
      expect.stringMatching(/^> openapi-todos@\S+ start$/),
      expect.stringMatching(/^> exec node /),
      expect.stringMatching(/^ {2}OpenAPI Todos {2}http:/),
      expect.stringMatching(/^ {4}docs /),
      expect.stringMatching(/^ {4}contract /),
      expect.stringMatching(/^ {4}demo login /),
      expect.stringMatching(/^ {4}curl /),
    ]);
    expect(start.child.exitCode).toBe(0);
  },
);
