// The service as `npm start` runs it: a process of its own, on a free port, with a fresh database.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const TODOS = fileURLToPath(new URL('../../src/cli/todos.mjs', import.meta.url));

export interface ServiceProcess {
  url: string;
  stop(): Promise<void>;
}

/** It does not keep this process running, and ends with it at the latest. */
export async function startProcess(variables: Record<string, string>): Promise<ServiceProcess> {
  const settings = { PORT: '0', DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'silent' };
  const env = { PATH: process.env['PATH'], ...settings, ...variables };
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const child = spawn(process.execPath, [TODOS, 'start'], { env, stdio });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const url = await bannerOf(child);
  child.unref();
  return {
    url,
    async stop() {
      process.off('exit', kill);
      child.ref();
      const closed = once(child, 'close');
      child.kill();
      await closed;
    },
  };
}

/** Where it listens, once it says so. */
async function bannerOf(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  let text = '';
  for await (const chunk of stdout ?? []) {
    text += chunk;
    const [url] = /http:\/\/\S+/.exec(text) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('the service has not started');
}
