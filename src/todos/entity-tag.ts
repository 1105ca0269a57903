/** A todo's version as a strong entity tag (RFC 9110 §8.8.3). */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/** `If-Match` (RFC 9110 §13.1.1): strong comparison; without the header every version will do. */
export function matches(header: string | undefined, version: number): boolean {
  return (
    header === undefined || tagsOf(header).some((tag) => tag === '*' || tag === entityTag(version))
  );
}

/** Whether a tag of `If-Match` would match if it were not weak, as compressing proxies make it. */
export function matchesWeakly(header: string | undefined, version: number): boolean {
  return header !== undefined && tagsOf(header).includes(`W/${entityTag(version)}`);
}

/** `If-None-Match` (RFC 9110 §13.1.2): weak comparison, in which `W/` makes no difference. */
export function noneMatches(header: string | undefined, version: number): boolean {
  if (header === undefined) return true;
  const tag = entityTag(version);
  return !tagsOf(header).some((sent) => sent === '*' || sent.replace(/^W\//, '') === tag);
}

function tagsOf(header: string): string[] {
  return header.match(/\*|(W\/)?"[^"]*"/g) ?? [];
}
