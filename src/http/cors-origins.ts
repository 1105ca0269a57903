/** `scheme://host[:port]`: the host may begin with `*.`, the port may be `*`. */
const ORIGIN_PATTERN =
  /^(?<scheme>https?):\/\/(?<wildcard>\*\.)?(?<host>[^*/@]+?)(?<port>:\*|:\d+)?$/;

/** Whether an origin can match the pattern: browsers send scheme and host in lower case. */
export function isOriginPattern(text: string): boolean {
  if (text === '*') return true;
  const { scheme = '', wildcard, host = '', port = '' } = ORIGIN_PATTERN.exec(text)?.groups ?? {};
  const site = `${scheme}://${host}${port === ':*' ? '' : port}`;
  if (!URL.canParse(site) || new URL(site).origin !== site) return false;
  return wildcard === undefined || hasOneOwner(host);
}

/** Whether all subdomains have one owner: not those of `com`. Those of `localhost` are this machine. */
function hasOneOwner(host: string): boolean {
  return host === 'localhost' || /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(host);
}

/**
 * Makes the expression that the allowed origins match. `*.` before a host is any subdomain, at any
 * depth, but not the host itself; `:*` is any port or none.
 */
export function compileOriginPattern(text: string): RegExp {
  const { scheme = '', wildcard, host = '', port = '' } = ORIGIN_PATTERN.exec(text)?.groups ?? {};
  const subdomains = wildcard ? '(?:[a-z0-9_-]+\\.)+' : '';
  const ports = port === ':*' ? '(?::\\d+)?' : port;
  const literalHost = host.replaceAll(/[.[\]]/g, '\\$&'); // nothing else in a host is special
  return new RegExp(`^${scheme}://${subdomains}${literalHost}${ports}$`);
}
