/** A name of this machine's loopback interface (RFC 6761 §6.3), as a `Host` header has it. */
const LOOPBACK_HOST = /^(localhost|[\w-]+(\.[\w-]+)*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** A host name or an address, perhaps with `*.` for any subdomain. */
const HOST_PATTERN = /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$|^\[[\da-f:.]+\]$/i;

export function isHostPattern(text: string): boolean {
  return text === '*' || HOST_PATTERN.test(text);
}

/**
 * Makes the check of the `Host` header of a request, against DNS rebinding: a page of another site,
 * whose name was made to resolve to this machine, sends that name. Loopback names are always allowed.
 * @param allowed host names; `*.` before one is any subdomain, `*` is any host
 */
export function compileAllowedHosts(allowed: string[]): (host: string | undefined) => boolean {
  if (allowed.includes('*')) return () => true;
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  const suffixes = [...names].filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  return (host) => {
    if (host === undefined) return true; // HTTP/1.0, which no browser speaks
    const name = host.replace(/:\d*$/, '').toLowerCase();
    if (LOOPBACK_HOST.test(name) || names.has(name)) return true;
    return suffixes.some((suffix) => name.endsWith(suffix) && name.length > suffix.length);
  };
}
