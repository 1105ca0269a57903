import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Finds ports that are free on an address, each another one. */
export async function freePorts(count: number, address = '127.0.0.1'): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, address));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port); // no pipe
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
