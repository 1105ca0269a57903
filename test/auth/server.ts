import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { VARIABLES } from './setup.ts';

const START = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));

/** The service as a process of its own, on a database file. */
export async function startServer(path: string) {
  const child = spawn(process.execPath, [START], {
    env: { ...VARIABLES, DATABASE_URL: `sqlite:${path}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await urlOf(child);
  return {
    url,
    async kill(signal: NodeJS.Signals) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

/** From the banner. */
async function urlOf({ stdout }: ChildProcess): Promise<string> {
  let banner = '';
  for await (const chunk of stdout ?? []) {
    banner += chunk;
    const url = /http:\/\/localhost:\d+/.exec(banner)?.[0];
    if (url) return url;
  }
  throw new Error(`the service did not start: ${banner}`);
}
