import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from './sandbox.ts';

const TODOS = fileURLToPath(new URL('../../src/cli/todos.mjs', import.meta.url));

/**
 * Starts the service as a process.
 * @returns its URL
 */
export async function startServiceNode(
  sandbox: Sandbox,
  name: string,
  variables: { DATABASE_URL: string; JWT_SECRET: string },
): Promise<string> {
  const folder = sandbox.makeFolder(name);
  sandbox.startScript(folder, 'service', [TODOS, 'start'], {
    ...variables,
    PORT: '0',
    LOG_LEVEL: 'error',
    // Each client has its own address, and the test uses refresh tokens of ended sessions on purpose.
    TRUSTED_PROXIES: '127.0.0.1',
    REFRESH_FREE_FAILURES: '1000000',
    REFRESH_GRACE_SECONDS: '0', // the test reuses spent tokens right after the rotation
  });
  for (const end = performance.now() + 120_000; performance.now() < end; await sleep(50)) {
    const url = /(http:\/\/localhost:\d+)\s/.exec(
      readFileSync(join(folder, 'service.log'), 'utf8'),
    );
    if (url?.[1]) return url[1];
  }
  throw new Error(`${name} has not started`);
}
