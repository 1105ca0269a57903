import { problem } from './problem.ts';
import type { AnyResponse } from './write-response.ts';

/** A path of the service, as the contract writes it: `/todos/{todo_id}`. */
export interface Route<Target> {
  path: string;
  /** Which segments of the path are parameters. */
  parameters: { index: number; name: string }[];
  /** By method. */
  targets: Map<string, Target>;
}

/** A route, with the decoded values of its parameters. */
export interface RouteMatch<Target> {
  route: Route<Target>;
  parameters: Record<string, string>;
}

/** The routes whose first segments are the same. */
interface RouteNode<Target> {
  /** By the next segment. */
  children: Map<string, RouteNode<Target>>;
  route: Route<Target> | undefined;
}

/** Instead of a segment: any value. No segment has a slash. */
const PARAMETER = '/';

/** The name of the parameter that a segment of the contract's path is; undefined for a text. */
export function readParameterName(segment: string): string | undefined {
  return /^\{(\w+)\}$/.exec(segment)?.[1];
}

/** Finds the route of a path in a tree of segments: the number of routes does not matter. */
export class Router<Target> {
  readonly #root: RouteNode<Target> = { children: new Map(), route: undefined };

  /**
   * A target of `GET` is the target of `HEAD`, too.
   * @throws Error for two paths that differ only in the names of their parameters
   */
  add(method: string, path: string, target: Target): void {
    let node = this.#root;
    const parameters: Route<Target>['parameters'] = [];
    for (const [index, segment] of path.split('/').entries()) {
      const name = readParameterName(segment);
      if (name !== undefined) parameters.push({ index, name });
      const key = name === undefined ? segment : PARAMETER;
      const next = node.children.get(key) ?? { children: new Map(), route: undefined };
      node.children.set(key, next);
      node = next;
    }
    node.route ??= { path, parameters, targets: new Map() };
    if (node.route.path !== path)
      throw new Error(`${node.route.path} and ${path} are the same path`);
    node.route.targets.set(method, target);
    if (method === 'GET') node.route.targets.set('HEAD', target);
  }

  /**
   * @param path without the query; its literals are compared as they are, case and slashes included
   * @throws URIError when an escape sequence in it is malformed
   */
  find(path: string): RouteMatch<Target> | undefined {
    const segments = path.split('/');
    const route = findRoute(this.#root, segments, 0);
    if (!route) return undefined;
    const parameters: Record<string, string> = {};
    for (const { index, name } of route.parameters) {
      parameters[name] = decodeURIComponent(segments[index] ?? '');
    }
    return { route, parameters };
  }
}

/** A literal comes before a parameter, as OpenAPI asks. */
function findRoute<Target>(
  { children, route }: RouteNode<Target>,
  segments: string[],
  index: number,
): Route<Target> | undefined {
  const segment = segments[index];
  if (segment === undefined) return route;
  const literal = children.get(segment);
  const found = literal && findRoute(literal, segments, index + 1);
  if (found || segment === '') return found;
  const parameter = children.get(PARAMETER);
  return parameter && findRoute(parameter, segments, index + 1);
}

/** 405, or the response to `OPTIONS`, for a method that a path does not have. */
export function methodNotAllowed(method: string, allowed: Iterable<string>): AnyResponse {
  const headers = { Allow: [...allowed].join(', ') };
  if (method === 'OPTIONS') return { status: 204, headers };
  return { ...problem(405, 'method_not_allowed', `${method} is not allowed here`), headers };
}

/** 404, for a path that the service does not have. */
export function notFound(headers: Record<string, string> = {}): AnyResponse {
  return { ...problem(404, 'not_found', 'There is nothing at this path'), headers };
}
