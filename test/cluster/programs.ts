import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The paths of the programs, by their Debian packages. */
const PATHS = {
  postgresql: '/usr/lib/postgresql/*/bin/postgres',
  patroni: '/usr/bin/patroni',
  'etcd-server': '/usr/bin/etcd',
  haproxy: '/usr/sbin/haproxy',
};

export interface Programs {
  /** The folder of `postgres`, `initdb` and the other programs of PostgreSQL. */
  postgres: string;
  patroni: string;
  etcd: string;
  haproxy: string;
}

/**
 * Finds the programs.
 * @param install whether to install missing packages, which needs root
 * @throws MissingPackages if packages are missing and cannot be installed
 */
export function findPrograms(install: boolean): Programs {
  const missing = missingPackages();
  if (missing.length > 0) {
    if (!install || process.getuid?.() !== 0) throw new MissingPackages(missing);
    installPackages(missing);
  }
  return {
    postgres: dirname(newest(PATHS.postgresql)),
    patroni: PATHS.patroni,
    etcd: PATHS['etcd-server'],
    haproxy: PATHS.haproxy,
  };
}

function missingPackages(): string[] {
  return Object.entries(PATHS).flatMap(([name, pattern]) =>
    globSync(pattern).length === 0 ? [name] : [],
  );
}

function newest(pattern: string): string {
  const found = globSync(pattern)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
  if (!found) throw new Error(`there is no ${pattern}, though its package is installed`);
  return found;
}

/** Lists the missing packages, and how to install them. */
export class MissingPackages extends Error {
  constructor(names: string[]) {
    super(
      [
        `The cluster needs these Debian packages: ${names.join(', ')}.`,
        'To install them with apt-get, without starting their services, run as root:',
        '  npm run test:all -- cluster --install',
      ].join('\n'),
    );
  }
}

/** Files that stop Debian from starting the services and from creating a database cluster. */
const GUARDS = {
  '/usr/sbin/policy-rc.d': '#!/bin/sh\nexit 101\n',
  '/etc/postgresql-common/createcluster.d/none.conf': 'create_main_cluster = false\n',
};

function installPackages(names: string[]): void {
  const guards = Object.entries(GUARDS).filter(([path]) => !existsSync(path));
  for (const [path, text] of guards) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o755 });
  }
  try {
    aptGet('update');
    aptGet('install', '--yes', '--no-install-recommends', ...names);
  } finally {
    for (const [path] of guards) rmSync(path, { force: true });
  }
}

function aptGet(...args: string[]): void {
  const { status, stdout, stderr } = spawnSync('apt-get', ['-qq', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${stdout}${stderr}`);
}
