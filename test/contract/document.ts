// The contract as the suite reads it: its operations, and the line of each statement.
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { operations as Operations } from '../../generated/openapi.d.ts';
import { specification } from './specification.ts';

export type OperationId = keyof Operations;

export type Reference = { $ref: string };

export interface Schema {
  type?: string | string[];
  description?: string;
  required?: string[];
  properties?: Record<string, Schema | Reference>;
  additionalProperties?: boolean | Schema | Reference;
  items?: Schema | Reference;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  examples?: unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  allOf?: (Schema | Reference)[];
  oneOf?: (Schema | Reference)[];
  anyOf?: (Schema | Reference)[];
}

export interface Example {
  value?: unknown;
}

interface WithExamples {
  example?: unknown;
  examples?: Record<string, Example | Reference>;
}

export interface Parameter extends WithExamples {
  name: string;
  in: string;
  description?: string;
  required?: boolean;
  schema?: Schema | Reference;
}

export interface Header {
  required?: boolean;
  schema?: Schema | Reference;
}

export interface Content extends WithExamples {
  schema?: Schema | Reference;
}

export interface DeclaredResponse {
  description: string;
  headers?: Record<string, Header | Reference>;
  content?: Record<string, Content>;
  links?: Record<string, Link | Reference>;
}

export interface Link {
  parameters?: Record<string, unknown>;
}

interface RequestBody {
  required?: boolean;
  content: Record<string, Content>;
}

export interface SecurityScheme {
  type: string;
  scheme?: string;
  name?: string;
  in?: string;
}

interface OperationObject {
  operationId: OperationId;
  tags: [string, ...string[]];
  security?: Record<string, unknown>[];
  parameters?: (Parameter | Reference)[];
  requestBody?: RequestBody | Reference;
  responses: Record<string, DeclaredResponse | Reference>;
}

interface PathItem extends Partial<Record<string, unknown>> {
  parameters?: (Parameter | Reference)[];
}

interface ContractDocument {
  security?: Record<string, unknown>[];
  paths: Record<string, PathItem>;
  components: {
    responses?: Record<string, DeclaredResponse>;
    schemas?: Record<string, Schema>;
    securitySchemes?: Record<string, SecurityScheme | Reference>;
  };
}

/** The name that differences give the contract. */
export const FILE = specification.name;

const text = specification.text;
const counter = new LineCounter();
const parsed = parseDocument(text, { lineCounter: counter });

// command.ts has seen that it is OpenAPI 3
export const document: ContractDocument = { components: {}, paths: {}, ...parsed.toJS() };

/** An operation with everything that applies to it. */
export interface Operation extends OperationObject {
  path: string;
  method: string;
  isPublic: boolean;
  /** The part of the document. */
  declared: object;
  security: Record<string, unknown>[];
  parameters: Parameter[];
  requestBody?: RequestBody;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export const operations: Operation[] = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method] as OperationObject | undefined; // so OpenAPI has it
    return operation ? [completed(operation, path, method, item.parameters)] : [];
  }),
);

function completed(
  operation: OperationObject,
  path: string,
  method: string,
  shared: (Parameter | Reference)[] = [],
): Operation {
  const security = operation.security ?? document.security ?? [];
  const own = (operation.parameters ?? []).map((one) => resolve(one));
  const inherited = shared
    .map((one) => resolve(one))
    .filter((one) => !own.some(({ name, in: place }) => name === one.name && place === one.in));
  const { requestBody, ...rest } = operation;
  return {
    ...rest,
    // an operation of another contract may have neither
    operationId: operation.operationId ?? `${method.toUpperCase()} ${path}`,
    tags: operation.tags ?? ['untagged'],
    path,
    method: method.toUpperCase(),
    isPublic: security.length === 0 || security.some((one) => Object.keys(one).length === 0),
    declared: operation,
    security,
    parameters: [...inherited, ...own],
    ...(requestBody && { requestBody: resolve(requestBody) }),
  };
}

export function operationOf(id: string): Operation {
  const operation = operations.find(({ operationId }) => operationId === id);
  if (!operation) throw new Error(`${FILE} has no operation ${id}`);
  return operation;
}

interface Place {
  /** A JSON Pointer, as a fragment of a URI. */
  pointer: string;
  /** The line of each member. */
  lines: Map<string, number>;
}

const places = new WeakMap<object, Place>();
locate(parsed.contents, document, '');

function locate(node: unknown, value: unknown, pointer: string): void {
  if (typeof value !== 'object' || value === null || places.has(value)) return;
  const target = isAlias(node) ? node.resolve(parsed) : node;
  const place: Place = { pointer, lines: new Map() };
  places.set(value, place);
  for (const [name, child, offset] of membersOf(target)) {
    place.lines.set(name, counter.linePos(offset).line);
    const step = encodeURIComponent(escapePointer(name));
    locate(child, Reflect.get(value, name), `${pointer}/${step}`);
  }
}

/** A name as a step of a JSON Pointer. */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The members of a node: name, node and where in the file each of them begins. */
function membersOf(node: unknown): [name: string, child: unknown, offset: number][] {
  if (isSeq(node)) return node.items.map((item, index) => [String(index), item, offsetOf(item)]);
  if (!isMap(node)) return [];
  return node.items.map(({ key, value }) => [
    String(isScalar(key) ? key.value : key),
    value,
    offsetOf(key),
  ]);
}

function offsetOf(node: unknown): number {
  return (isNode(node) ? node.range?.[0] : undefined) ?? 0;
}

/** The place of a part of the document, as a fragment of a URI. */
export function pointerTo(part: object): string {
  const place = places.get(part);
  if (!place) throw new Error(`no part of ${FILE}: ${JSON.stringify(part)}`);
  return place.pointer;
}

/** The line of a member of a part of the document, as `openapi.yaml:12`. */
export function lineOf(part: object, member: string): string {
  return `${FILE}:${places.get(part)?.lines.get(member) ?? 1}`;
}

/**
 * The line where a sentence of the document begins, as `openapi.yaml:12`. The sentence may go over
 * several lines.
 * @throws Error if the document has no such sentence
 */
export function lineSaying(sentence: string): string {
  const words = sentence.trim().split(/\s+/).map(literally);
  const found = new RegExp(words.join('\\s+')).exec(text);
  if (!found) throw new Error(`${FILE} does not say: ${sentence}`);
  return `${FILE}:${counter.linePos(found.index).line}`;
}

function literally(word: string): string {
  return word.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** The target of a reference, or the part itself. */
export function resolve<T extends object>(part: T | Reference): T {
  if (!('$ref' in part)) return part;
  const steps = part.$ref.replace(/^#\//, '').split('/');
  const target = steps.reduce<unknown>(
    (value, step) => Reflect.get(Object(value), nameIn(step)),
    document,
  );
  if (typeof target !== 'object' || target === null) throw new Error(`${part.$ref} leads nowhere`);
  return resolve(target as T); // OpenAPI has there what the reference is used for
}

/** The name in a step of a JSON Pointer that is a fragment of a URI. */
function nameIn(step: string): string {
  return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
}
