import ipaddr from 'ipaddr.js';

/** @returns the IPv4 address, or the /64 of an IPv6 address, which one customer usually has */
export function toNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4'
    ? parsed.toString()
    : Buffer.from(parsed.toByteArray().slice(0, 8)).toString('hex');
}
