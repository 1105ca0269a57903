import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../../scripts/command-line.ts';

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
 * @throws UserError with how to install missing packages, unless they are installed
 */
export function findPrograms(install: boolean): Programs {
  const packages = Object.entries(PATHS);
  const missing = packages.filter(([, path]) => globSync(path).length === 0).map(([name]) => name);
  if (missing.length > 0) {
    if (!install || process.getuid?.() !== 0) {
      throw new UserError(`The cluster needs these Debian packages: ${missing.join(', ')}.
To install them with apt-get, without starting their services, run as root:
  npm run test:all -- cluster --install`);
    }
    installPackages(missing);
  }
  const versions = globSync(PATHS.postgresql);
  const [newest = ''] = versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return {
    postgres: dirname(newest),
    patroni: PATHS.patroni,
    etcd: PATHS['etcd-server'],
    haproxy: PATHS.haproxy,
  };
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
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['-qq', ...args], { env, stdio: 'pipe' });
}
