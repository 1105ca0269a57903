// Requests that a typed client cannot send, and a good request for each operation.
import { Skip } from './checks.ts';
import { send } from './client.ts';
import { authorization, isAuthorized } from './credentials.ts';
import { Difference } from './difference.ts';
import { type Operation, operationOf, type Parameter, resolve } from './document.ts';
import { exchangeOf } from './exchange.ts';
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

/**
 * A request that the operation accepts.
 * @param isFresh whether it changes something: then its item and its session are not shared
 */
export async function goodRequest(id: string, isFresh = true): Promise<Sent> {
  const operation = operationOf(id);
  const body = await goodBody(operation, isFresh);
  return {
    method: operation.method,
    template: operation.path,
    path: (await goodPath(operation.path, isFresh)) + requiredQuery(operation),
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
    const body = await goodBody(source.operation, false);
    const type = body === undefined ? {} : { 'Content-Type': jsonTypeOf(source.operation) };
    const result = await raw({
      method: source.operation.method,
      template: collection.template,
      path: collection.path + requiredQuery(source.operation),
      headers: {
        ...requiredHeaders(source.operation),
        ...(await authorization(source.operation, false)),
        ...type,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!result.response.ok && source === creating) throw notMade(result, source.line);
    const id = source.read(result);
    if (id !== undefined) return id;
  }
  if (parameter) return goodParameter(parameter);
  throw new Skip(`no operation makes or lists what {${name}} is the id of`);
}

function notMade({ response }: RawResult, line: string): Difference {
  const what = 'a success for a request that the schema allows';
  return new Difference(exchangeOf(response), { what, line });
}
