// Checks of items with an id, such as /notes/{note_id}, and of the list that has them.
import { isDeepStrictEqual } from 'node:util';
import { differenceIn } from '../difference.ts';
import { lineOf, type Operation, operations, resolve, type Schema } from '../document.ts';
import { isOwnContract } from '../own.ts';
import { hasOwnBody, strangersSession } from '../own-requests.ts';
import { goodRequest, nextPage, pathFrom, type RawResult, raw, type Sent } from '../requests.ts';
import { responseTo } from '../validate.ts';
import { hasOneOf, lineOfStatus } from './answer.ts';
import { derive, deriveFor } from './derive.ts';
import { requestWith } from './parameters.ts';

export function describeItem(operation: Operation): void {
  const name = itemParameter(operation);
  if (name !== undefined) describeAbsence(operation, name);
  if (operation.method === 'POST') describeLocation(operation);
  if (operation.method === 'DELETE' && name !== undefined) describeDeletion(operation);
  if (operation.method === 'PUT' || operation.method === 'PATCH') describeChange(operation);
  if (declaresHeader(operation, 'Link')) describePages(operation);
  for (const { name: header } of operation.parameters) {
    if (header === 'If-Match') describeCondition(operation);
    if (header === 'If-None-Match') describeCache(operation);
    if (header === 'Idempotency-Key') describeRetry(operation);
  }
}

/** The parameter that ends the path, if one does. */
function itemParameter({ path }: Operation): string | undefined {
  return /\{([^}]+)\}$/.exec(path)?.[1];
}

function at(path: string, method: string): Operation | undefined {
  return operations.find((one) => one.path === path && one.method === method);
}

function declaresHeader({ responses }: Operation, name: string): boolean {
  return Object.values(responses).some((one) => name in (resolve(one).headers ?? {}));
}

function describeAbsence(operation: Operation, name: string): void {
  const parameter = operation.parameters.find((one) => one.name === name);
  const line = lineOfStatus(operation, 404);

  deriveFor(operation, [404], `a ${name} that does not exist`, async (statuses, context) => {
    const isUuid = resolve<Schema>(parameter?.schema ?? {}).format === 'uuid';
    if (!parameter || !isUuid)
      return context.skip('an id that is no UUID may be that of something');
    const request = requestWith(
      await goodRequest(operation.operationId, false),
      parameter,
      crypto.randomUUID(),
    );
    hasOneOf(await raw(request), statuses, { what: `for a ${name} that does not exist`, line });
  });

  if (!isOwnContract || operation.isPublic) return;
  deriveFor(operation, [404], `a ${name} of another user`, async (statuses) => {
    const { headers, ...request } = await goodRequest(operation.operationId);
    const theirs = { ...request, headers: { ...headers, ...(await strangersSession()) } };
    hasOneOf(await raw(theirs), statuses, { what: `for a ${name} of another user`, line });
  });
}

/** The new item is at its `Location`, as the answer showed it. */
function describeLocation(operation: Operation): void {
  const item = operations.find(
    (one) =>
      one.method === 'GET' && one.path.startsWith(`${operation.path}/{`) && itemParameter(one),
  );
  if (!item || !declaresHeader(operation, 'Location')) return;
  derive(200, `${item.operationId} at the Location of the answer`, async () => {
    const request = await goodRequest(operation.operationId);
    const result = await raw(request);
    const location = result.response.headers.get('Location') ?? '';
    const place = new URL(location, result.response.url || 'http://relative.invalid');
    const found = await raw(getOf(item, pathFrom(place, request), request));
    const line = lineOf(responseTo(operation.responses, 201)?.headers ?? {}, 'Location');
    hasOneOf(found, [200], { what: 'at the Location of a new item', line });
    isSame(found, result, 'the item as it was answered when it was created', line);
    const [tag, wanted] = [found, result].map(({ response }) => response.headers.get('ETag'));
    if (tag === wanted || !declaresHeader(operation, 'ETag')) return;
    throw differenceIn(found, {
      what: `ETag: ${wanted}`,
      line,
      found: `${tag}`,
    });
  });
}

/** A GET with the credentials of another request. */
function getOf({ path: template }: Operation, path: string, { headers }: Sent): Sent {
  const kept = Object.entries(headers).filter(([name]) => !/^(content-type|if-.*)$/i.test(name));
  return { method: 'GET', template, path, headers: Object.fromEntries(kept) };
}

function isSame(found: RawResult, expected: RawResult, what: string, line: string): void {
  if (isDeepStrictEqual(found.data, expected.data)) return;
  throw differenceIn(found, {
    what: `${what}: ${JSON.stringify(expected.data)}`,
    line,
    found: JSON.stringify(found.data),
    cause: what,
  });
}

function describeDeletion(operation: Operation): void {
  const get = at(operation.path, 'GET');
  if (!get || !operation.responses['204']) return;
  deriveFor(get, [404, 410], `${get.operationId} after ${operation.operationId}`, async (gone) => {
    const request = await goodRequest(operation.operationId);
    const line = lineOfStatus(operation, 204);
    hasOneOf(await raw(request), [204], { what: 'for an item that is there', line });
    hasOneOf(await raw(getOf(get, request.path, request)), gone, {
      what: 'after its deletion',
      line,
    });
  });
}

function describeChange(operation: Operation): void {
  const get = at(operation.path, 'GET');
  if (!get || hasOwnBody(operation.operationId) || !operation.responses['200']) return;
  derive(200, `${get.operationId} after ${operation.operationId}`, async () => {
    const request = await goodRequest(operation.operationId);
    const result = await raw(request);
    const line = lineOfStatus(operation, 200);
    const found = await raw(getOf(get, request.path, request));
    hasOneOf(found, [200], { what: 'after a change', line });
    isSame(found, result, 'the item as the change has answered it', line);
  });
}

function describePages(operation: Operation): void {
  const post = at(operation.path, 'POST');
  const hasLimit = operation.parameters.some(({ name }) => name === 'limit');
  if (!post || !hasLimit || operation.method !== 'GET') return;
  derive(200, 'two items on two pages, with a Link from one to the other', async () => {
    for (let n = 0; n < 2; n += 1) await raw(await goodRequest(post.operationId));
    const request = requestWith(
      await goodRequest(operation.operationId),
      { in: 'query', name: 'limit' },
      '1',
    );
    const first = await raw(request);
    const line = lineOf(responseTo(operation.responses, 200)?.headers ?? {}, 'Link');
    const target = nextPage(first.response);
    if (target === undefined) {
      const what = 'a header Link with rel="next": there are two items, and the limit is 1';
      throw differenceIn(first, { what, line });
    }
    const second = await raw({ ...request, path: pathFrom(target, request) });
    hasOneOf(second, [200], { what: 'for the target of the Link', line });
    if (!isDeepStrictEqual(first.data, second.data)) return;
    throw differenceIn(second, {
      what: 'another page than the first',
      line,
    });
  });
}

function describeCondition(operation: Operation): void {
  deriveFor(operation, [412], 'an If-Match with another ETag', async (statuses) => {
    const request = await goodRequest(operation.operationId);
    const result = await raw({ ...request, headers: { ...request.headers, 'If-Match': '"0"' } });
    const line = lineOfStatus(operation, 412);
    hasOneOf(result, statuses, { what: 'for an If-Match with another ETag', line });
  });
}

function describeCache(operation: Operation): void {
  deriveFor(operation, [304], 'an If-None-Match with its ETag', async (statuses) => {
    const request = await goodRequest(operation.operationId, false);
    const etag = (await raw(request)).response.headers.get('ETag') ?? '';
    const headers = { ...request.headers, 'If-None-Match': etag };
    const line = lineOfStatus(operation, 304);
    const result = await raw({ ...request, headers });
    hasOneOf(result, statuses, { what: 'for an If-None-Match with its ETag', line });
  });
}

function describeRetry(operation: Operation): void {
  if (operation.method !== 'POST' || hasOwnBody(operation.operationId)) return;
  derive(201, 'the same request twice under one Idempotency-Key: one item', async () => {
    const request = await goodRequest(operation.operationId);
    const headers = { ...request.headers, 'Idempotency-Key': crypto.randomUUID() };
    const [first, second] = [
      await raw({ ...request, headers }),
      await raw({ ...request, headers }),
    ];
    const parameter = operation.parameters.find(({ name }) => name === 'Idempotency-Key');
    const line = lineOf(parameter ?? {}, 'name');
    isSame(second, first, 'the answer to the first request under this key', line);
  });
}
