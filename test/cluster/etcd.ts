import type { Machine } from './machine.ts';

/** The arguments of the etcd member on a machine. */
export function etcdArguments(machine: Machine, machines: Machine[]): string[] {
  const clients = `http://${machine.address}:${machine.etcd}`;
  const options = {
    name: machine.name,
    'data-dir': 'etcd',
    'listen-client-urls': clients,
    'advertise-client-urls': clients,
    'listen-peer-urls': peerUrl(machine),
    'initial-advertise-peer-urls': peerUrl(machine),
    'initial-cluster': machines.map((each) => `${each.name}=${peerUrl(each)}`).join(','),
    'initial-cluster-token': 'todos',
    'enable-v2': 'true', // see patroni.ts
    'log-level': 'warn',
  };
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
}

function peerUrl({ address, etcdPeers }: Machine): string {
  return `http://${address}:${etcdPeers}`;
}
