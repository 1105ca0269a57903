// Requests that a typed client cannot send, and a good request for each operation.
import { Skip } from './checks.ts';
import { send } from './client.ts';
import { authorization, isAuthorized } from './credentials.ts';
import { differenceIn } from './difference.ts';
import { type Operation, operationOf, type Parameter, resolve } from './document.ts';
import { idIn } from './items.ts';
import { ownBody, ownId } from './own-requests.ts';
import { target } from './target.ts';
import { isJsonType } from './validate.ts';
import { goodValue } from './values.ts';

export interface Sent {
  method: string;
  /** The contract's path. */
  template: string;
  /** The path with its parameters, and a query if there is one. */
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
}

export type RawResult = Awaited<ReturnType<typeof raw>>;

/** The answer to any request at all, in openapi-fetch's form. */
export async function raw({ method, template, path, headers, body }: Sent) {
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  const request = new Request(target.baseUrl + path, init);
  if (!('Content-Type' in headers)) request.headers.delete('Content-Type'); // that of any text
  const response = await send(request, template);
  const text = await response.text();
  const isJson = text !== '' && isJsonType(response.headers.get('Content-Type') ?? '');
  const value: unknown = isJson ? JSON.parse(text) : undefined;
  return response.ok ? { data: value, response } : { error: value, response };
}

/** The target of the `Link` to the next page (RFC 8288), if there is one. */
export function nextPage({ headers }: Response): URL | undefined {
  const [, target] = /<([^>]*)>\s*;\s*rel="?next\b/i.exec(headers.get('Link') ?? '') ?? [];
  return target === undefined ? undefined : new URL(target, 'http://relative.invalid');
}

/** The path and query of a URL below a collection: a proxy may serve the service below another path. */
export function pathFrom({ pathname, search }: URL, collection: Pick<Sent, 'path'>): string {
  const [path = ''] = collection.path.split('?');
  return pathname.slice(Math.max(0, pathname.lastIndexOf(path))) + search;
}

/**
 * A request that the operation accepts.
 * @param isFresh whether it changes something: then its item and its session are not shared
 */
export async function goodRequest(id: string, isFresh = true): Promise<Sent> {
  const operation = operationOf(id);
  return requestAt(await goodPath(operation.path, isFresh), operation, isFresh);
}

async function requestAt(path: string, operation: Operation, isFresh: boolean): Promise<Sent> {
  const body = await goodBody(operation, isFresh);
  return {
    method: operation.method,
    template: operation.path,
    path: path + requiredQuery(operation),
    headers: {
      ...requiredHeaders(operation),
      ...(await authorization(operation, isFresh)),
      ...(body === undefined ? {} : { 'Content-Type': jsonTypeOf(operation) }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  };
}

/** The JSON type of an operation's bodies. */
export function jsonTypeOf({ operationId, requestBody }: Operation): string {
  const type = Object.keys(requestBody?.content ?? {}).find(isJsonType);
  if (type === undefined) throw new Skip(`${operationId} takes no JSON`);
  return type;
}

/** A body that the operation takes; undefined if it takes none. */
export async function goodBody(operation: Operation, isFresh: boolean): Promise<unknown> {
  const { requestBody, operationId } = operation;
  if (!requestBody) return undefined;
  const own = await ownBody(operationId, isFresh);
  if (own) return own;
  const { example, examples = {}, schema = {} } = requestBody.content[jsonTypeOf(operation)] ?? {};
  const [first] = Object.values(examples).map((one) => resolve(one).value);
  const value = first ?? example ?? goodValue(schema);
  if (value === undefined) throw new Skip(`no body for ${operationId} was found`);
  return value;
}

/** A value that a parameter allows. */
export function goodParameter({ name, example, examples = {}, schema = {} }: Parameter): string {
  const [first] = Object.values(examples).map((one) => resolve(one).value);
  const value = example ?? first ?? goodValue(schema);
  if (value === undefined) throw new Skip(`no value for ${name} was found`);
  return String(value);
}

function required({ parameters }: Operation, place: string): Parameter[] {
  return parameters.filter((one) => one.in === place && one.required);
}

function requiredQuery(operation: Operation): string {
  const values = required(operation, 'query').map((one) => [one.name, goodParameter(one)]);
  return values.length > 0 ? `?${new URLSearchParams(values)}` : '';
}

function requiredHeaders(operation: Operation): Record<string, string> {
  const values = required(operation, 'header').map((one) => [one.name, goodParameter(one)]);
  return Object.fromEntries(values);
}

const items = new Map<string, Promise<string>>();

/** A path whose ids are those of existing items: of new ones, if an operation creates them. */
async function goodPath(template: string, isFresh: boolean): Promise<string> {
  let path = '';
  let prefix = '';
  const steps = template.slice(1).split('/');
  for (const [index, step] of steps.entries()) {
    const [, name] = /^\{(.+)\}$/.exec(step) ?? [];
    const collection = { template: prefix, path };
    prefix += `/${step}`;
    if (name === undefined) {
      path += `/${step}`;
      continue;
    }
    const isLast = index === steps.length - 1;
    const key = `${target.baseUrl}${path}/${step}`;
    const known = isFresh && isLast ? undefined : items.get(key);
    const id = known ?? anId(name, prefix, collection);
    items.set(key, id);
    path += `/${encodeURIComponent(await id)}`;
  }
  return path;
}

interface Collection {
  template: string;
  path: string;
}

/** The id of a new item, of an item in the list, or of the example. */
async function anId(name: string, itemTemplate: string, collection: Collection): Promise<string> {
  const own = await ownId(name);
  if (own !== undefined) return own;
  const { creating, listing, parameter } = idIn(name, itemTemplate, collection.template);
  for (const source of [creating, listing]) {
    if (!source || !isAuthorized(source.operation)) continue;
    const result = await raw(await requestAt(collection.path, source.operation, false));
    if (!result.response.ok && source === creating) {
      const what = 'a success for a request that the schema allows';
      throw differenceIn(result, { what, line: source.line });
    }
    const id = source.read(result);
    if (id !== undefined) return id;
  }
  if (parameter) return goodParameter(parameter);
  throw new Skip(`no operation makes or lists what {${name}} is the id of`);
}
