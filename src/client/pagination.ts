/**
 * The cursor of the page after a page of `GET /todos`: give it to the same request as
 * `query.cursor`.
 *
 * @returns `undefined` on the last page.
 */
export function nextCursor(response: Response): string | undefined {
  const target = findLinkTarget(response.headers.get('Link') ?? '', 'next');
  if (target === undefined) return undefined;
  // The target may be relative (RFC 8288 §3.1); only its query matters.
  return new URL(target, 'http://relative.invalid').searchParams.get('cursor') ?? undefined;
}

/** The target of the first link with this relation type (RFC 8288 §3). */
function findLinkTarget(header: string, relation: string): string | undefined {
  for (const [, target, parameters = ''] of header.matchAll(/<([^>]*)>((?:[^",]|"[^"]*")*)/g)) {
    const [, quoted, token] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(parameters) ?? [];
    const relations = (quoted ?? token ?? '').toLowerCase().split(/\s+/);
    if (relations.includes(relation)) return target;
  }
  return undefined;
}
