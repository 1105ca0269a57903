import type { Machine } from './machine.ts';

/** The passwords of PostgreSQL's users. */
export interface Passwords {
  superuser: string;
  replication: string;
  service: string;
}

/** The settings of the whole cluster. docs/databases.md gives the reason of each. */
const SETTINGS = {
  ttl: 20,
  loop_wait: 2,
  retry_timeout: 5,
  synchronous_mode: true,
  synchronous_mode_strict: true,
  primary_start_timeout: 0,
  postgresql: {
    use_pg_rewind: true,
    use_slots: true,
    parameters: {
      max_connections: 60,
      shared_buffers: '32MB',
      wal_log_hints: 'on',
      wal_retrieve_retry_interval: '500ms',
    },
  },
};

/** Connections are allowed from this machine only, and only with a password. */
const ACCESS = [
  'host replication replication 127.0.0.0/8 scram-sha-256',
  'host all all 127.0.0.0/8 scram-sha-256',
];

/** Patroni's configuration on a machine, as JSON, which is also YAML. */
export function patroniConfiguration(
  machine: Machine,
  machines: Machine[],
  passwords: Passwords,
  binaries: string,
): string {
  const api = `${machine.address}:${machine.patroni}`;
  const database = `${machine.address}:${machine.postgres}`;
  return JSON.stringify({
    scope: 'todos',
    name: machine.name,
    restapi: { listen: api, connect_address: api },
    // Not `etcd3`: with it Patroni 3.0.2 (Debian 12) lets a leader that was frozen take the lock from
    // its successor (https://github.com/patroni/patroni/pull/2689).
    etcd: { hosts: machines.map(({ address, etcd }) => `${address}:${etcd}`) },
    bootstrap: {
      dcs: SETTINGS,
      initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
      users: { todos: { password: passwords.service, options: ['createdb'] } },
    },
    postgresql: {
      listen: database,
      connect_address: database,
      data_dir: 'postgres',
      bin_dir: binaries,
      pgpass: 'pgpass',
      pg_hba: ACCESS,
      authentication: {
        superuser: { username: 'postgres', password: passwords.superuser },
        replication: { username: 'replication', password: passwords.replication },
      },
      parameters: { unix_socket_directories: '..', password_encryption: 'scram-sha-256' },
    },
  });
}
