// Checks of HTTP itself: credentials, methods, media types.

import { badAuthorization } from '../credentials.ts';
import { differenceIn } from '../difference.ts';
import { document, lineOf, lineSaying, type Operation, operations } from '../document.ts';
import { holds, refuses } from '../expect.ts';
import { isOwnContract } from '../own.ts';
import { endedSession } from '../own-requests.ts';
import { goodRequest, type RawResult, raw, type Sent } from '../requests.ts';
import { hasOneOf, lineOfPath, lineOfStatus } from './answer.ts';
import { derive, deriveFor } from './derive.ts';
import { requestWith } from './parameters.ts';

export function describeSecurity(operation: Operation): void {
  if (operation.isPublic) return;
  const { operationId, declared } = operation;
  const line = lineOf('security' in declared ? declared : document, 'security');

  deriveFor(operation, [401, 403], 'no access token', async (statuses) => {
    const result = await raw(await requestBy(operationId, {}));
    hasOneOf(result, statuses, { what: 'for a request without an access token', line });
    if (isOwnContract) refuses(result, 'authentication_required');
  });

  deriveFor(operation, [401, 403], 'an invalid access token', async (statuses, context) => {
    const header = badAuthorization(operation) ?? context.skip('its credentials are in no header');
    const result = await raw(await requestBy(operationId, header));
    hasOneOf(result, statuses, { what: 'for an invalid access token', line });
    if (isOwnContract) refuses(result, 'invalid_access_token');
  });

  if (!isOwnContract) return;
  deriveFor(operation, [401], 'an access token whose session has ended', async () => {
    refuses(await raw(await requestBy(operationId, await endedSession())), 'session_ended');
  });
}

/** A request with these credentials and no others. */
async function requestBy(id: string, header: Record<string, string>): Promise<Sent> {
  const { headers, ...request } = withoutToken(await goodRequest(id, false));
  return { ...request, headers: { ...headers, ...header } };
}

export function withoutToken({
  headers: { Authorization: _, ...headers },
  ...request
}: Sent): Sent {
  return { ...request, headers };
}

function methodsAt(path: string): string[] {
  return operations.filter((one) => one.path === path).map(({ method }) => method);
}

function allowedBy({ response }: RawResult): string[] {
  return response.headers.get('Allow')?.split(/\s*,\s*/) ?? [];
}

export function describeMethods(operation: Operation): void {
  const known = methodsAt(operation.path);
  const other = ['PUT', 'POST', 'GET'].find((method) => !known.includes(method)) ?? 'PURGE';
  deriveFor(operation, [405], `${other}, and \`Allow\` lists the methods`, async (statuses) => {
    const { body: _, headers, ...request } = await goodRequest(operation.operationId, false);
    const { 'Content-Type': __, Authorization, ...rest } = headers;
    // the method is checked before the token and the query; other contracts do not say so
    const credentials = Authorization === undefined || isOwnContract ? {} : { Authorization };
    const sent = { ...request, headers: { ...rest, ...credentials }, method: other };
    const query = { in: 'query', name: 'bogus' };
    const result = await raw(isOwnContract ? requestWith(sent, query, '1') : sent);
    hasOneOf(result, statuses, { what: `for ${other}`, line: lineOfPath(operation) });
    listsMethods(result, known, lineOfStatus(operation, 405));
  });
}

function listsMethods(result: RawResult, known: string[], line: string): void {
  const allowed = allowedBy(result);
  const expected = known.includes('GET') && isOwnContract ? [...known, 'HEAD'] : known;
  const missing = expected.filter((method) => !allowed.includes(method));
  const own = [...expected, 'OPTIONS', 'HEAD'];
  const tooMany = allowed.filter((method) => !own.includes(method));
  if (missing.length + tooMany.length === 0) return;
  const what = `the header Allow: ${expected.join(', ')}`;
  throw differenceIn(result, { what, line, found: allowed.join(', ') });
}

export function describeOptions({ operationId, path }: Operation): void {
  if (!isOwnContract) return; // OpenAPI says nothing about it
  derive('OPTIONS', 'which methods its path has', async () => {
    const { template, path: asked } = await goodRequest(operationId, false);
    const result = await raw({ method: 'OPTIONS', template, path: asked, headers: {} });
    const allowed = allowedBy(result);
    const missing = methodsAt(path).filter((method) => !allowed.includes(method));
    const sentence = '`OPTIONS` is answered with 204 and `Allow`';
    holds(result, sentence, [result.response.status, missing], [204, []]);
  });
}

export function describeAccept(operation: Operation): void {
  deriveFor(operation, [406], 'an Accept that excludes JSON', async (statuses) => {
    const request = await goodRequest(operation.operationId, false);
    const headers = { ...request.headers, Accept: 'text/html' };
    const result = await raw({ ...request, headers });
    hasOneOf(result, statuses, {
      what: 'for Accept: text/html',
      line: lineOfStatus(operation, 406),
    });
  });
}

/** The headers that answers to `GET` and `HEAD` have in common. */
const COMMON_HEADERS = ['Content-Type', 'Cache-Control', 'ETag', 'Link'];

export function describeHead({ operationId, method }: Operation): void {
  if (method !== 'GET' || !isOwnContract) return;
  derive(200, 'HEAD, with the headers of GET and no body', async () => {
    const request = await goodRequest(operationId, false);
    const [get, head] = [await raw(request), await raw({ ...request, method: 'HEAD' })];
    const line = lineSaying('`HEAD` works wherever `GET` does');
    hasOneOf(head, [get.response.status], { what: 'for HEAD, as for GET', line });
    for (const name of COMMON_HEADERS) {
      const [found, wanted] = [head, get].map(({ response }) => response.headers.get(name));
      if (found === wanted) continue;
      const what = `the header ${name} of the answer to GET: ${wanted}`;
      throw differenceIn(head, { what, line, found: `${found}` });
    }
  });
}
