import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A simulated machine of the cluster: a loopback address, and its ports there. */
export interface Machine {
  name: string;
  address: string;
  etcd: number;
  etcdPeers: number;
  patroni: number;
  postgres: number;
}

/** @param number from 1 */
export async function allocateMachine(number: number): Promise<Machine> {
  const address = `127.0.0.${number}`;
  const [etcd = 0, etcdPeers = 0, patroni = 0, postgres = 0] = await freePorts(address, 4);
  return { name: `node${number}`, address, etcd, etcdPeers, patroni, postgres };
}

/** Finds ports that are free on an address. */
export async function freePorts(address: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, address));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port); // no pipe
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
