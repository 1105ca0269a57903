import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The parts of openapi.yaml that the service and the scripts read. */
export interface ContractDocument {
  openapi: string;
  info: { title: string; version: string };
  security?: SecurityRequirement[];
  paths?: Record<string, PathItem>;
  components?: {
    securitySchemes?: Record<string, unknown>;
    schemas?: Record<string, SchemaObject>;
    responses?: Record<string, ResponseObject | Reference>;
    examples?: Record<string, ExampleObject>;
    links?: Record<string, unknown>;
  };
}

/** The methods of the contract, as OpenAPI spells them. */
const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;
export type Method = (typeof METHODS)[number];

type PathItem = Partial<Record<Method, OperationObject>> & {
  /** Of all operations of the path. */
  parameters?: (ParameterObject | Reference)[];
};
type SecurityRequirement = Record<string, string[]>;

export interface Reference {
  $ref: string;
}

/** A JSON Schema (draft 2020-12), for Ajv. */
export interface SchemaObject {
  type?: string | string[];
  [keyword: string]: unknown;
}

export interface OperationObject {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: SecurityRequirement[];
  parameters?: (ParameterObject | Reference)[];
  requestBody?: RequestBodyObject | Reference;
  responses?: Record<string, ResponseObject | Reference>;
}

export interface ParameterObject {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  required?: boolean;
  schema?: SchemaObject;
}

export interface MediaTypeObject {
  schema?: SchemaObject;
  examples?: Record<string, ExampleObject | Reference>;
}

export interface ExampleObject {
  value?: unknown;
}

export interface RequestBodyObject {
  required?: boolean;
  content: Record<string, MediaTypeObject>;
}

export interface ResponseObject {
  headers?: Record<string, HeaderObject | Reference>;
  content?: Record<string, MediaTypeObject>;
}

export interface HeaderObject {
  required?: boolean;
  schema?: SchemaObject;
}

/** Lists the operations with their method, their path and the parameters of the path. */
export function* listOperations(document: Pick<ContractDocument, 'paths'>) {
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) yield { path, method, operation, pathParameters: item.parameters ?? [] };
    }
  }
}

/** The text of openapi.yaml. */
export const contractYaml = readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8');

/** The contract, read once per process. */
export const document: ContractDocument = readGeneratedDocument() ?? (await parseYaml());

/**
 * To parse YAML takes longer than the rest of the start, so `npm run generate` writes the result to
 * generated/openapi.json, with the hash of openapi.yaml.
 * @returns undefined if openapi.yaml has changed since
 */
function readGeneratedDocument(): ContractDocument | undefined {
  try {
    const file = new URL('../../generated/openapi.json', import.meta.url);
    const cached: { sha256: string; document: ContractDocument } = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    return cached.sha256 === hashContract(contractYaml) ? cached.document : undefined;
  } catch {
    return undefined; // missing, or incomplete
  }
}

/** The hash of openapi.yaml. Generated files have it, so that one can see whether they are current. */
export function hashContract(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function parseYaml(): Promise<ContractDocument> {
  const { parse } = await import('yaml');
  return parse(contractYaml);
}
