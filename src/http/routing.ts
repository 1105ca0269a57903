import { problem } from './problem.ts';
import type { AnyResponse } from './write-response.ts';

/** A path of the service, as it is written in the contract: `/todos/{todo_id}`. */
export interface Route<Target> {
  path: string;
  /** What answers, by method. `HEAD` is answered by what answers `GET`. */
  targets: Map<string, Target>;
  /** For the `Allow` header. */
  allow: string;
}

/** A route that was found, with the decoded values of its parameters. */
export interface Match<Target> {
  route: Route<Target>;
  parameters: Record<string, string>;
}

/** A segment of a path, and what may follow it. */
interface Node<Target> {
  literals: Map<string, Node<Target>>;
  parameter: { name: string; node: Node<Target> } | undefined;
  route: Route<Target> | undefined;
}

/** Finds the route of a path in time that does not depend on how many routes there are. */
export class Router<Target> {
  #root: Node<Target> = createNode();

  add(method: string, path: string, target: Target): void {
    let node = this.#root;
    for (const segment of path.split('/')) node = descend(node, segment);
    node.route ??= { path, targets: new Map(), allow: '' };
    node.route.targets.set(method, target);
    const methods = [...node.route.targets.keys()];
    node.route.allow = methods
      .flatMap((known) => (known === 'GET' ? ['GET', 'HEAD'] : known))
      .join(', ');
  }

  /**
   * @param path without the query; its literals are compared as they are, case and slashes included
   * @throws URIError when an escape sequence in it is malformed
   */
  find(path: string): Match<Target> | undefined {
    return search(this.#root, path.split('/'), 0);
  }
}

/** A literal comes before a parameter, as OpenAPI asks. */
function search<Target>(
  node: Node<Target>,
  segments: string[],
  index: number,
): Match<Target> | undefined {
  const segment = segments[index];
  if (segment === undefined) return node.route && { route: node.route, parameters: {} };
  const literal = node.literals.get(segment);
  const match = literal && search(literal, segments, index + 1);
  if (match || !node.parameter || segment === '') return match;
  const other = search(node.parameter.node, segments, index + 1);
  if (other) other.parameters[node.parameter.name] = decodeURIComponent(segment);
  return other;
}

function createNode<Target>(): Node<Target> {
  return { literals: new Map(), parameter: undefined, route: undefined };
}

function descend<Target>(node: Node<Target>, segment: string): Node<Target> {
  const name = /^\{(\w+)\}$/.exec(segment)?.[1];
  if (name !== undefined) {
    node.parameter ??= { name, node: createNode() };
    if (node.parameter.name === name) return node.parameter.node;
    throw new Error(`openapi.yaml names one parameter both {${node.parameter.name}} and {${name}}`);
  }
  if (segment.includes('{')) {
    throw new Error(`openapi.yaml has a parameter that is not a whole segment: ${segment}`);
  }
  const next = node.literals.get(segment) ?? createNode();
  node.literals.set(segment, next);
  return next;
}

/** 405, or the answer to `OPTIONS`: what a path answers to a method that it does not have. */
export function methodNotAllowed(method: string, allow: string): AnyResponse {
  const headers = { Allow: allow };
  if (method === 'OPTIONS') return { status: 204, headers };
  return { ...problem(405, 'method_not_allowed', `${method} is not allowed here`), headers };
}

/** 404: what a path answers that the service does not have. */
export function notFound(headers: Record<string, string> = {}): AnyResponse {
  return { ...problem(404, 'not_found', 'There is nothing at this path'), headers };
}

/** A page turns out not to be there for the request that it was asked with. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
  /** Of the answer. */
  readonly headers: Record<string, string>;

  constructor(headers: Record<string, string> = {}) {
    super('There is nothing at this path');
    this.headers = headers;
  }
}
