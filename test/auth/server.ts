import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { VARIABLES } from './setup.ts';

const TODOS = fileURLToPath(new URL('../../src/cli/todos.mjs', import.meta.url));

/** The service as a process of its own, on a database that several can share. */
export async function startServer(databaseUrl: string, variables: Record<string, string> = {}) {
  const child = spawn(process.execPath, [TODOS, 'start'], {
    env: { ...VARIABLES, DATABASE_URL: databaseUrl, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await urlOf(child);
  return {
    url,
    /** @throws Error when it had ended before, whoever may have seen to that */
    async kill() {
      const { exitCode, signalCode } = child;
      if (exitCode !== null || signalCode !== null) {
        throw new Error(`the service had ended already: ${signalCode ?? exitCode}`);
      }
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** From the banner; whatever else is written is read on, so that the pipe stays open. */
async function urlOf(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let banner = '';
  child.stdout?.on('data', (chunk) => {
    banner += chunk;
    const url = /(http:\/\/localhost:\d+)\s/.exec(banner)?.[1];
    if (url) resolve(url);
  });
  child.once('exit', () => reject(new Error(`the service did not start: ${banner}`)));
  return promise;
}
