// `npm start`, with npm and its shell around the service, as a supervisor runs it.
import { expect, test } from 'vitest';
import { closed, exit, useProcesses, WITH_NPM } from '../support/service-process.ts';

const { start } = useProcesses(WITH_NPM);
const variables = { DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'info' };

test('SIGTERM to `npm start`: the service drains, and npm ends with 0', async () => {
  const { child, output, url } = await start(variables);
  child.kill('SIGTERM');
  expect(await exit(child)).toBe(0);
  expect(output.text).toContain('"stopped"');
  await closed(url);
});

test.each(['SIGKILL', 'SIGHUP'] as const)(
  '%s ends npm without a word to the service: the service drains all the same',
  async (signal) => {
    const { child, written, url } = await start(variables);
    child.kill(signal);
    await written('"stopped"');
    await closed(url);
  },
);
