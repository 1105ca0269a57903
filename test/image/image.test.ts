import { once } from 'node:events';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { freePorts } from '../support/free-ports.ts';
import { collectOutput } from '../support/process-output.ts';
import { DEMO } from '../support/users.ts';
import { buildImage } from './buildah.ts';

const image = buildImage();
afterAll(image.stop);

const JWT_SECRET = 'a secret of the tests, long enough';
const healthCheck = () => image.config.Healthcheck.Test.slice(1); // the first is how: CMD

test('the image has what the service needs, and no file that its user can change', () => {
  const list = (folder: string) => image.run(['ls', '-A', folder]).output.split('\n').slice(0, -1);
  expect(list('/app')).toEqual([
    '.npmrc',
    'generated',
    'node_modules',
    'openapi.yaml',
    'package-lock.json',
    'package.json',
    'src',
  ]);
  const packages = list('/app/node_modules');
  expect(packages).toContain('express');
  expect(packages.filter((name) => /^(vitest|typescript|node-linux-.*)$/.test(name))).toEqual([]);
  expect(list('/tmp')).toEqual([]);
  expect(list('/root/.npm')).not.toContain('_cacache');
  expect(image.run(['id', '-u']).output).toBe('1000\n');
  expect(image.run(['find', '/app', '-writable', '!', '-type', 'l']).output).toBe('');
  expect(image.config.Volumes).toEqual({ '/data': {} });
});

test('the image does not start without JWT_SECRET, and says so', () => {
  const { code, output } = image.run(image.config.Cmd);
  expect(output).toContain('JWT_SECRET (or JWT_KEYS) is needed');
  expect(code).toBe(1);
});

test('the image starts, is healthy, keeps its data across a restart, and stops', async () => {
  const [port] = await freePorts(1);
  const PORT = String(port);
  const client = createClient({ baseUrl: `http://127.0.0.1:${PORT}` });
  const credentials = { username: 'ada', password: 'a long enough password' };
  expect(image.run(healthCheck(), { PORT }).code).toBe(1);
  for (const start of ['first', 'second']) {
    const { child, pid } = await started({ PORT, JWT_SECRET });
    expect(image.run(healthCheck(), { PORT }).code).toBe(0);
    if (start === 'first') {
      for (const path of ['/', '/docs']) {
        const page = await fetch(`http://127.0.0.1:${PORT}${path}`, {
          headers: { Accept: 'text/html' },
        });
        expect(page.status).toBe(200);
      }
      expect((await client.POST('/auth/register', { body: credentials })).response.status).toBe(
        201,
      );
    }
    expect((await client.login(credentials.username, credentials.password)).response.status).toBe(
      200,
    );
    expect((await client.login(DEMO.username, DEMO.password)).response.status).toBe(401);
    process.kill(pid, 'SIGTERM'); // buildah would kill it for good
    expect(await once(child, 'close')).toEqual([0, null]);
  }
});

/** The image's command, once it has written its banner, as the process that it is on this machine. */
async function started(variables: Record<string, string>) {
  const shell = ['sh', '-c', 'echo "pid $$"; exec "$@"', 'sh', ...image.config.Cmd];
  const child = image.start(shell, variables);
  const output = collectOutput(child);
  await expect.poll(() => output.text).toContain('contract');
  const pid = Number(/^pid (\d+)$/m.exec(output.text)?.[1]);
  onTestFinished(() => {
    if (child.exitCode === null) process.kill(pid, 'SIGKILL');
  });
  return { child, pid };
}
