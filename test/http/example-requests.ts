// Requests that the contract itself gives: its paths, with its examples as bodies.
import {
  document,
  listOperations,
  type Reference,
  type RequestBodyObject,
} from '../../src/http/openapi-document.ts';
import { send } from '../support/http.ts';
import type { TestService } from '../support/service.ts';

/** The operation that adds to a collection (`/todos`), whose items have paths (`/todos/{todo_id}`). */
export interface Collection {
  path: string;
  itemPath: string;
  /** An example of what is posted to it. */
  body: unknown;
}

const operations = [...listOperations(document)];

/** The collections to which an item is added with `POST`. */
export const collections: Collection[] = operations.flatMap(({ path, method, operation }) => {
  const item = operations.find(
    (one) => one.path.replace(/\/\{\w+\}$/, '') === path && one.path !== path,
  );
  if (method !== 'post' || !item) return [];
  return [{ path, itemPath: item.path, body: exampleBody(operation.requestBody) }];
});

/** The path with the id of a new item in the place of its parameter, if it has one. */
export async function withNewItem(
  service: TestService,
  token: string,
  path: string,
): Promise<string> {
  const collection = collections.find(({ itemPath }) => itemPath === path);
  if (!collection) return path;
  const answer = await send(service, { method: 'POST', token, ...collection });
  return `${collection.path}/${(await answer.json()).id}`;
}

/** The first example of a request body, if there is one. */
export function exampleBody(requestBody: RequestBodyObject | Reference | undefined): unknown {
  const [content] = Object.values(requestBody ? resolve(requestBody).content : {});
  const [example] = Object.values(content?.examples ?? {});
  return example && resolve(example).value;
}

/** The part of the contract that a reference leads to; any other part as it is. */
export function resolve<T extends object>(part: T | Reference): T {
  if (!('$ref' in part)) return part;
  const steps = part.$ref.split('/').slice(1);
  const found: unknown = steps.reduce((node, step) => Reflect.get(node, step), document);
  return resolve(found as T); // the contract's references lead to parts of the same kind
}
