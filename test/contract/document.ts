// openapi.yaml as the suite reads it: the operations, and on which line each promise stands.
import { readFileSync } from 'node:fs';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { operations as Operations } from '../../generated/openapi.d.ts';

export type OperationId = keyof Operations;

export type Reference = { $ref: string };

export interface Schema {
  type?: string | string[];
  required?: string[];
  properties?: Record<string, Schema | Reference>;
  enum?: string[];
  minLength?: number;
  maxLength?: number;
}

export interface Header {
  required?: boolean;
  schema: Schema | Reference;
}

export interface Content {
  schema: Schema | Reference;
}

export interface DeclaredResponse {
  description: string;
  headers?: Record<string, Header | Reference>;
  content?: Record<string, Content>;
}

interface OperationObject {
  operationId: OperationId;
  tags: [string];
  security?: object[];
  requestBody?: { required?: boolean; content: Record<string, Content> };
  responses: Record<string, DeclaredResponse | Reference>;
}

interface ContractDocument {
  paths: Record<string, Partial<Record<string, OperationObject>>>;
  components: {
    responses: Record<string, DeclaredResponse>;
    schemas: Record<string, Schema>;
  };
}

/** The name that differences give the contract. */
export const FILE = 'openapi.yaml';

const text = readFileSync(new URL(`../../${FILE}`, import.meta.url), 'utf8');
const counter = new LineCounter();
const parsed = parseDocument(text, { lineCounter: counter });

export const document: ContractDocument = parsed.toJS();

/** An operation with what is around it. */
export interface Operation extends OperationObject {
  path: string;
  method: string;
  isPublic: boolean;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export const operations: Operation[] = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method];
    if (!operation) return [];
    const isPublic = operation.security?.length === 0;
    return [{ ...operation, path, method: method.toUpperCase(), isPublic }];
  }),
);

export function operationOf(id: OperationId): Operation {
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
    const step = encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
    locate(child, Reflect.get(value, name), `${pointer}/${step}`);
  }
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

/** Where a part of the document is in it, as a fragment of a URI. */
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
 * The line where a sentence of the document begins, as `openapi.yaml:12`; where the document breaks
 * its lines makes no difference.
 * @throws Error when it says no such thing: whoever expects it has no reason to
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

/** What a reference refers to, or the thing itself. */
export function resolve<T extends object>(part: T | Reference): T {
  if (!('$ref' in part)) return part;
  const steps = part.$ref.replace(/^#\//, '').split('/');
  const target = steps.reduce<unknown>(
    (value, step) => Reflect.get(Object(value), step.replaceAll('~1', '/').replaceAll('~0', '~')),
    document,
  );
  if (typeof target !== 'object' || target === null) throw new Error(`${part.$ref} leads nowhere`);
  return resolve(target as T); // the document was checked to be OpenAPI when the service started
}
