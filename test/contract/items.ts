// The operations that ids in paths come from, by the document alone.
import { lineOf, type Operation, operations, type Parameter, resolve } from './document.ts';

interface Answer {
  data?: unknown;
  response: Response;
}

interface Source {
  operation: Operation;
  line: string;
  read(answer: Answer): string | undefined;
}

export interface IdSources {
  /** The operation that creates such items. */
  creating: Source | undefined;
  /** The operation that lists such items. */
  listing: Source | undefined;
  parameter: Parameter | undefined;
}

/** Finds the operations whose answers have the ids for a parameter of a path. */
export function idIn(name: string, itemTemplate: string, collection: string): IdSources {
  const inItems = operations.filter(({ path }) => path.startsWith(itemTemplate));
  const parameters = inItems.flatMap((one) => one.parameters);
  const at = (method: string) =>
    operations.find((one) => one.path === collection && one.method === method);
  const post = at('POST');
  const get = at('GET');
  return {
    creating: post && {
      operation: post,
      line: lineOf(post.declared, 'requestBody'),
      read: (answer) => createdId(post, name, answer),
    },
    listing: get && {
      operation: get,
      line: lineOf(get.declared, 'responses'),
      read: ({ data }) => firstId(data, name),
    },
    parameter: parameters.find((one) => one.in === 'path' && one.name === name),
  };
}

function createdId(operation: Operation, name: string, answer: Answer): string | undefined {
  const linked = linkedPointer(operation, name);
  const byLink = linked === undefined ? undefined : textAt(answer.data, linked);
  return byLink ?? idOf(answer.data, name) ?? lastStep(answer.response.headers.get('Location'));
}

/** The place of a parameter in the answer, by a link of the operation: `$response.body#/id`. */
function linkedPointer({ responses }: Operation, name: string): string | undefined {
  const links = Object.values(responses)
    .flatMap((response) => Object.values(resolve(response).links ?? {}))
    .map((link) => resolve(link).parameters?.[name]);
  const expression = links.find((one) => String(one).startsWith('$response.body#/'));
  return expression === undefined ? undefined : String(expression).replace('$response.body#', '');
}

function textAt(value: unknown, pointer: string): string | undefined {
  const steps = pointer.slice(1).split('/');
  const found = steps.reduce<unknown>((part, step) => Reflect.get(Object(part), step), value);
  return textOf(found);
}

function firstId(list: unknown, name: string): string | undefined {
  const items = Array.isArray(list) ? list : Object.values(Object(list)).find(Array.isArray);
  return idOf(items?.[0], name);
}

function idOf(item: unknown, name: string): string | undefined {
  return textAt(item, '/id') ?? textAt(item, `/${name}`);
}

function lastStep(location: string | null): string | undefined {
  const step = location?.split(/[?#]/)[0]?.split('/').at(-1);
  return step === undefined ? undefined : decodeURIComponent(step);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
