import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** How a client reached the service, through proxies or directly. */
export interface Client {
  /** Its IP address. */
  address: string;
  /** The scheme that it used: `http` or `https`. */
  scheme: string;
  /** The `Host` that it sent, to a proxy or to the service; empty if it sent none. */
  host: string;
  /** The path prefix that a proxy removes: empty, or `/…`. */
  prefix: string;
}

/**
 * Makes a function that describes the client of a request. It is to be called while the client is
 * connected: a closed connection has no address.
 * @param trustedProxies addresses and subnets whose `X-Forwarded-…` headers count
 */
export function createClientLookup(trustedProxies: string[]): (request: IncomingMessage) => Client {
  const isTrusted = proxyAddr.compile(trustedProxies);
  return (request) => {
    const { socket, headers } = request;
    const { remoteAddress = '' } = socket; // undefined if the client has disconnected
    if (remoteAddress === '' || !isTrusted(remoteAddress, 0)) {
      const host = headers.host ?? '';
      return { address: unmapIpv4(remoteAddress), scheme: 'http', host, prefix: '' };
    }
    const forwarded = (name: string) => String(headers[`x-forwarded-${name}`] ?? '');
    const address = proxyAddr(request, isTrusted).slice(0, 64); // a proxy may send anything
    const [host = ''] = forwarded('host').split(',');
    const prefix = forwarded('prefix').replace(/\/+$/, '');
    return {
      address: unmapIpv4(stripPort(address)),
      scheme: /^https\b/i.test(forwarded('proto')) ? 'https' : 'http',
      host: host.trimEnd() || (headers.host ?? ''),
      prefix: PATH_PREFIX.test(prefix) ? prefix : '',
    };
  };
}

const PATH_PREFIX = /^(\/[\w.~-]+){1,10}$/;

/** A socket that listens on `::` sees IPv4 addresses as IPv6 ones (RFC 4291 §2.5.5.2). */
function unmapIpv4(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The address alone: some proxies write `192.0.2.1:1000` or `[2001:db8::1]:1000`. */
function stripPort(address: string): string {
  return address.replace(/^\[(.+)\](:\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
}
