import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** How the client reached the service, through proxies or directly. */
export interface ClientLookup {
  /** The network address of the client. */
  findAddress(request: IncomingMessage): string;
  /** The scheme that the client used: `http` or `https`. */
  findScheme(request: IncomingMessage): string;
  /** The `Host` that the client sent, to a proxy or to the service; empty if it sent none. */
  findHost(request: IncomingMessage): string;
  /** The path under which a proxy has the service: empty, or `/…`. The proxy removes it. */
  findPrefix(request: IncomingMessage): string;
}

/** @param trustedProxies addresses and subnets whose `X-Forwarded-…` headers count */
export function createClientLookup(trustedProxies: string[]): ClientLookup {
  const isTrusted = proxyAddr.compile(trustedProxies);
  const fromProxy = ({ socket, headers }: IncomingMessage, name: string): string => {
    const sent = headers[name];
    return sent !== undefined && isTrusted(socket.remoteAddress ?? '', 0) ? String(sent) : '';
  };
  return {
    findAddress(request) {
      const { remoteAddress = '' } = request.socket; // undefined if the client has disconnected
      const isDirect = trustedProxies.length === 0 || remoteAddress === '';
      if (isDirect) return unmapIpv4(remoteAddress);
      const address = proxyAddr(request, isTrusted).slice(0, 64); // a proxy may send anything
      return unmapIpv4(stripPort(address));
    },
    findScheme: (request) =>
      /^https\b/i.test(fromProxy(request, 'x-forwarded-proto')) ? 'https' : 'http',
    findHost(request) {
      const [first = ''] = fromProxy(request, 'x-forwarded-host').split(',');
      return first.trimEnd() || (request.headers.host ?? '');
    },
    findPrefix(request) {
      const prefix = fromProxy(request, 'x-forwarded-prefix').replace(/\/+$/, '');
      return PATH_PREFIX.test(prefix) ? prefix : '';
    },
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
