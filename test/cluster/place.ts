import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Where a machine of the cluster is: a loopback address of its own, and its ports there. */
export interface Place {
  name: string;
  address: string;
  etcd: number;
  etcdPeers: number;
  patroni: number;
  postgres: number;
}

/** The place of the machine of that number, from 1 on. */
export async function findPlace(number: number): Promise<Place> {
  const address = `127.0.0.${number}`;
  const [etcd = 0, etcdPeers = 0, patroni = 0, postgres = 0] = await freePorts(address, 4);
  return { name: `node${number}`, address, etcd, etcdPeers, patroni, postgres };
}

/** So many ports that are free on an address just now. */
export async function freePorts(address: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, address));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port); // no pipe
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
