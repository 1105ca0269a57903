import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where Debian puts the programs that the cluster is made of, by the package that each is in. */
const PLACES = {
  postgresql: '/usr/lib/postgresql/*/bin/postgres',
  patroni: '/usr/bin/patroni',
  'etcd-server': '/usr/bin/etcd',
  haproxy: '/usr/sbin/haproxy',
};

export interface Programs {
  /** The folder of `postgres`, `initdb` and their like. */
  postgres: string;
  patroni: string;
  etcd: string;
  haproxy: string;
}

/**
 * Finds the programs.
 * @param install whether those that are missing may be installed, which needs root
 * @throws MissingPackages where they are not, and may not be installed
 */
export function findPrograms(install: boolean): Programs {
  const missing = missingPackages();
  if (missing.length > 0) {
    if (!install || process.getuid?.() !== 0) throw new MissingPackages(missing);
    installPackages(missing);
  }
  return {
    postgres: dirname(newest(PLACES.postgresql)),
    patroni: PLACES.patroni,
    etcd: PLACES['etcd-server'],
    haproxy: PLACES.haproxy,
  };
}

function missingPackages(): string[] {
  return Object.entries(PLACES).flatMap(([name, place]) =>
    globSync(place).length === 0 ? [name] : [],
  );
}

function newest(place: string): string {
  const found = globSync(place)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
  if (!found) throw new Error(`there is no ${place}, though its package is installed`);
  return found;
}

/** Says what to install, and how. */
export class MissingPackages extends Error {
  constructor(names: string[]) {
    super(
      [
        `The cluster is made of Debian's packages, and these are missing: ${names.join(', ')}.`,
        '  npm run test:all -- cluster --install',
        'as root installs them with apt-get, and keeps them from starting services of their own.',
      ].join('\n'),
    );
  }
}

/** What keeps Debian from starting a service, and a database cluster, of its own. */
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
