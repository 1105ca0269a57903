import type { Place } from './place.ts';

/** The arguments of the etcd member at a place. */
export function etcdArguments(place: Place, places: Place[]): string[] {
  const clients = `http://${place.address}:${place.etcd}`;
  const options = {
    name: place.name,
    'data-dir': 'etcd',
    'listen-client-urls': clients,
    'advertise-client-urls': clients,
    'listen-peer-urls': peerUrl(place),
    'initial-advertise-peer-urls': peerUrl(place),
    'initial-cluster': places.map((each) => `${each.name}=${peerUrl(each)}`).join(','),
    'initial-cluster-token': 'todos',
    'enable-v2': 'true', // see patroni.ts
    'log-level': 'warn',
  };
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
}

function peerUrl({ address, etcdPeers }: Place): string {
  return `http://${address}:${etcdPeers}`;
}
