import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startPostgres } from '../postgres/server.ts';
import { freePorts } from '../support/free-ports.ts';

/**
 * PgBouncer in transaction mode between the service and PostgreSQL, as strict as it comes: it passes
 * on no parameter of a connection, and a statement's connection is not the next one's.
 */
export default async function setup() {
  if (spawnSync('pgbouncer', ['--version']).error) {
    throw new Error('PgBouncer is missing: install the package pgbouncer of your system');
  }
  const { url, stop } = await startPostgres();
  const { username, password, port } = new URL(url);
  const folder = mkdtempSync(join(tmpdir(), 'pgbouncer-'));
  chmodSync(folder, 0o755);
  const [listen] = await freePorts(1);
  writeFileSync(join(folder, 'users.txt'), `"${username}" "${password}"\n`);
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(
    file,
    `[databases]
* = host=127.0.0.1 port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listen}
unix_socket_dir =
auth_type = trust
auth_file = ${folder}/users.txt
pool_mode = transaction
default_pool_size = 5
max_client_conn = 1000
`,
  );
  const asRoot = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
  const bouncer = spawn('pgbouncer', ['-q', ...asRoot, file], { stdio: 'inherit' });
  const bouncerUrl = `postgres://${username}@127.0.0.1:${listen}/postgres`;
  while (!(await answers(bouncerUrl))) {
    if (bouncer.exitCode === null) await sleep(20);
    else throw await stop().then(() => new Error('PgBouncer did not start'));
  }
  process.env['TEST_POSTGRES_URL'] = url;
  process.env['TEST_PGBOUNCER_URL'] = bouncerUrl;
  return async () => {
    bouncer.kill('SIGTERM');
    if (bouncer.exitCode === null) await once(bouncer, 'exit');
    await stop();
    rmSync(folder, { recursive: true });
  };
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
