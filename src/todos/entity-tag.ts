/** Formats a todo's version as a strong entity tag (RFC 9110 §8.8.3). */
export function formatEntityTag(version: number): string {
  return `"${version}"`;
}

/** Evaluates `If-Match` (RFC 9110 §13.1.1): strong comparison; without the header it passes. */
export function passesIfMatch(header: string | undefined, version: number): boolean {
  return parseTags(header ?? '*').some((tag) => tag === '*' || tag === formatEntityTag(version));
}

/** Whether a tag of `If-Match` matches except that it is weak, as compressing proxies make it. */
export function matchesIfMatchWeakly(header: string | undefined, version: number): boolean {
  return parseTags(header).includes(`W/${formatEntityTag(version)}`);
}

/** Evaluates `If-None-Match` (RFC 9110 §13.1.2): weak comparison, which ignores `W/`. */
export function passesIfNoneMatch(header: string | undefined, version: number): boolean {
  const tag = formatEntityTag(version);
  return !parseTags(header).some((sent) => sent === '*' || sent.replace(/^W\//, '') === tag);
}

function parseTags(header = ''): string[] {
  return header.match(/\*|(W\/)?"[^"]*"/g) ?? [];
}
