import { freePorts } from '../support/free-ports.ts';

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
  const [etcd = 0, etcdPeers = 0, patroni = 0, postgres = 0] = await freePorts(4, address);
  return { name: `node${number}`, address, etcd, etcdPeers, patroni, postgres };
}
