import ipaddr from 'ipaddr.js';

/** An IPv4 address, or the /64 of an IPv6 one: what one customer has. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4'
    ? parsed.toString()
    : Buffer.from(parsed.toByteArray().slice(0, 8)).toString('hex');
}

/** The address alone: some proxies write `192.0.2.1:1000` or `[2001:db8::1]:1000`. */
export function withoutPort(address: string): string {
  return address.replace(/^\[(.+)\](:\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
}
