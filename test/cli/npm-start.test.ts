// `npm start`, with npm and its shell around the service, as a supervisor runs it.
import { expect, test } from 'vitest';
import { closed, startProcess, WITH_NPM } from '../support/service-process.ts';

const variables = { DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'info' };

test('SIGTERM to `npm start`: the service drains, and npm ends with 0', async () => {
  await using started = await startProcess(variables, { command: WITH_NPM });
  const { child, output, url, exited } = started;
  child.kill('SIGTERM');
  expect(await exited()).toBe(0);
  expect(output.text).toContain('"stopped"');
  await closed(url);
});

test.each(['SIGKILL', 'SIGHUP'] as const)(
  '%s to `npm start`, which npm does not pass on: the service drains all the same',
  async (signal) => {
    await using started = await startProcess(variables, { command: WITH_NPM });
    const { child, written, url } = started;
    child.kill(signal);
    await written('"stopped"');
    await closed(url);
  },
);
