// The credentials of a request: those of a user that the suite has registered, or `--token`.
import { Skip } from './checks.ts';
import { document, type Operation, resolve, type SecurityScheme } from './document.ts';
import { isOwnContract } from './own.ts';
import { ownSession } from './own-requests.ts';
import { target } from './target.ts';

/** The header with credentials for an operation. */
export async function authorization(
  { isPublic, operationId, security }: Operation,
  isFresh: boolean,
): Promise<Record<string, string>> {
  if (isPublic) return {};
  if (isOwnContract) return ownSession(operationId, isFresh);
  if (target.token === undefined) throw new Skip('it needs an access token (--token TOKEN)');
  const header = headerOf(schemeOf(security), target.token);
  if (!header) throw new Skip('it needs credentials that are in no header');
  return header;
}

export function isAuthorized({ isPublic }: Operation): boolean {
  return isPublic || isOwnContract || target.token !== undefined;
}

/** A header with invalid credentials, if the operation takes them from a header. */
export function badAuthorization({ security }: Operation): Record<string, string> | undefined {
  return headerOf(schemeOf(security), 'nonsense');
}

function schemeOf(security: Operation['security']): SecurityScheme | undefined {
  const [name = ''] = Object.keys(security[0] ?? {});
  const scheme = document.components.securitySchemes?.[name];
  return scheme && resolve(scheme);
}

function headerOf(scheme: SecurityScheme | undefined, token: string) {
  if (scheme?.type === 'apiKey')
    return scheme.in === 'header' ? { [`${scheme.name}`]: token } : undefined;
  return {
    Authorization: scheme?.scheme?.toLowerCase() === 'basic' ? `Basic ${token}` : `Bearer ${token}`,
  };
}
