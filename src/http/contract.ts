import { lazy } from '../lazy.ts';
import type { FullValidator } from './full-validator.ts';
import { invalidRequest } from './invalid-request.ts';
import type {
  ContractDocument,
  HeaderObject,
  Method,
  OperationObject,
  ParameterObject,
  Reference,
  RequestBodyObject,
  ResponseObject,
  SchemaObject,
} from './openapi-document.ts';
import { listOperations } from './openapi-document.ts';
import type { OperationHandlers, OperationId, Principals } from './operation.ts';
import {
  compileFastValidator,
  compileIntegerCheck,
  listHeaderNames,
  type ReceivedRequest,
  type RequestValues,
  type ValidationResult,
} from './request-validators.ts';
import { compileResponseValidator, type ResponseValidator } from './response-validators.ts';
import { readParameterName } from './routing.ts';
import { createSchemas } from './schemas.ts';
import type { AnyResponse } from './write-response.ts';

/**
 * For each security scheme of the contract: authenticates a request by its `Authorization` header.
 * A thrown error is a failure of the service, never a 401.
 */
export type SecurityHandlers = {
  [Scheme in keyof Principals]: (
    authorization: string | undefined,
  ) => Promise<Authentication<Principals[Scheme]>>;
};

/** A principal, or the response that rejects the request. */
export type Authentication<P> = { principal: P } | { rejection: AnyResponse };

export interface ContractOptions {
  document: ContractDocument;
  handlers: OperationHandlers;
  security: SecurityHandlers;
}

/** A handler without its types: the pipeline validates requests and responses at run time. */
export type AnyHandler = (request: unknown) => Promise<AnyResponse>;

/** One operation of the contract, compiled. */
export interface Operation {
  id: OperationId;
  method: Uppercase<Method>;
  /** As the contract has it: `/todos/{todo_id}`. */
  path: string;
  handler: AnyHandler;
  /** `undefined` where the operation is public. */
  authenticate: SecurityHandlers[keyof SecurityHandlers] | undefined;
  /** The media types of its request body; empty where it has none. */
  mediaTypes: ReadonlySet<string>;
  /** The headers that it declares, in the contract's spelling. */
  headerNames: readonly string[];
  /** The fast validator: finds the values of a request that is plainly valid. */
  accept: (received: ReceivedRequest) => RequestValues | undefined;
  /** The fast validator, then the full one for what that does not accept. */
  validate: (received: ReceivedRequest) => Promise<ValidationResult>;
  /** The declared responses, by status. */
  responses: ReadonlyMap<number, ResponseValidator>;
}

/**
 * Compiles the contract once. Schemas are compiled at their first use.
 * @throws Error when the document does not fit the handlers, or refers to nothing
 */
export function compileContract(options: ContractOptions): Operation[] {
  const { document, handlers } = options;
  checkDocument(document);
  checkCompleteness(options);
  const schemas = createSchemas(document);
  const validateFully = createLazyFullValidator(document);
  const resolve = <T extends object>(node: T | Reference): T => resolveReference(document, node);

  return [...listOperations(document)].map(
    ({ path, method, operation: declared, pathParameters }) => {
      const parameters = [...pathParameters, ...(declared.parameters ?? [])].map((node) => {
        const parameter = resolve<ParameterObject>(node);
        // Ajv fills in the defaults of properties, not those of what a property refers to.
        return { ...parameter, schema: resolve<SchemaObject>(parameter.schema ?? {}) };
      });
      const body = declared.requestBody && resolve<RequestBodyObject>(declared.requestBody);
      const accept = compileFastValidator(schemas, parameters, body);
      const findMiswrittenIntegers = compileIntegerCheck(parameters);
      const id = declared.operationId as OperationId; // `checkCompleteness` has compared them
      const operation: Operation = {
        id,
        method: method.toUpperCase() as Operation['method'], // which TypeScript does not infer
        path,
        handler: handlers[id] as unknown as AnyHandler, // the pipeline validates both of its sides
        authenticate: findSecurityHandler(options, declared),
        mediaTypes: new Set(Object.keys(body?.content ?? {})),
        headerNames: listHeaderNames(parameters),
        accept,
        async validate(request) {
          const received = body?.required ? request : treatNullAsNoBody(request);
          const faults = findMiswrittenIntegers(received.search);
          if (faults.length > 0) return { rejection: invalidRequest(faults, received.body) };
          const values = accept(received);
          return values ? { values } : validateFully(operation, received);
        },
        responses: new Map(
          Object.entries(declared.responses ?? {}).map(([status, node]) => {
            const { content, headers = {} } = resolve<ResponseObject>(node);
            const resolved = Object.entries(headers).map(
              ([name, header]) => [name, resolve<HeaderObject>(header)] as const,
            );
            return [Number(status), compileResponseValidator(schemas, content, resolved)];
          }),
        ),
      };
      return operation;
    },
  );
}

/** Many generated clients send `null` where a body is optional. */
function treatNullAsNoBody(request: ReceivedRequest): ReceivedRequest {
  return request.body === null ? { ...request, mediaType: '', body: undefined } : request;
}

/** express-openapi-validator is loaded when a request first needs it. */
function createLazyFullValidator(document: ContractDocument): FullValidator {
  const load = lazy(async () => {
    const { createFullValidator } = await import('./full-validator.ts');
    return createFullValidator(document);
  });
  return async (operation, received) => (await load())(operation, received);
}

function findSecurityHandler(
  { document, security }: ContractOptions,
  operation: OperationObject,
): Operation['authenticate'] {
  const [requirement = {}] = operation.security ?? document.security ?? [];
  const [scheme] = Object.keys(requirement);
  return scheme === undefined ? undefined : security[scheme as keyof SecurityHandlers];
}

/** @throws Error when a `$ref` names nothing */
function resolveReference<T extends object>(document: ContractDocument, node: T | Reference): T {
  if (!('$ref' in node)) return node;
  const segments = String(node.$ref).split('/').slice(1);
  let found: unknown = document;
  for (const segment of segments) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    found = (found as Record<string, unknown> | undefined)?.[name]; // a JSON Pointer (RFC 6901)
  }
  if (found === undefined) throw new Error(`openapi.yaml has nothing at ${node.$ref}`);
  return resolveReference(document, found as T | Reference);
}

function checkDocument({ openapi, info }: ContractDocument): void {
  if (!/^3\.1\.\d+$/.test(openapi)) throw new Error(`openapi.yaml is not OpenAPI 3.1: ${openapi}`);
  if (typeof info?.title !== 'string' || typeof info.version !== 'string') {
    throw new Error('openapi.yaml needs info.title and info.version');
  }
}

function isMalformedParameter(segment: string): boolean {
  return /[{}]/.test(segment) && readParameterName(segment) === undefined;
}

function checkCompleteness({ document, handlers, security }: ContractOptions): void {
  const faults: string[] = [];
  const operationIds = new Set<string>();
  for (const { path, method, operation } of listOperations(document)) {
    const { operationId, security: requirements = document.security ?? [] } = operation;
    if (!operationId) faults.push(`${method} ${path} has no operationId`);
    else if (operationIds.has(operationId)) faults.push(`two operations are called ${operationId}`);
    else operationIds.add(operationId);
    if (path.split('/').some(isMalformedParameter)) {
      faults.push(`${path} has a segment that is neither a text nor one parameter`);
    }
    if (requirements.length > 1 || Object.keys(requirements[0] ?? {}).length > 1) {
      faults.push(`${operationId} has more than one security scheme, which is not supported`);
    }
  }
  const handlerIds = new Set(Object.keys(handlers));
  const schemes = new Set(Object.keys(document.components?.securitySchemes ?? {}));
  const known = new Set(Object.keys(security));
  for (const id of operationIds.difference(handlerIds)) faults.push(`${id} has no handler`);
  for (const id of handlerIds.difference(operationIds)) {
    faults.push(`the handler ${id} has no operation`);
  }
  for (const name of schemes.difference(known)) {
    faults.push(`security scheme ${name} has no handler`);
  }
  for (const name of known.difference(schemes)) {
    faults.push(`the security handler ${name} has no scheme`);
  }
  if (faults.length > 0) {
    throw new Error(`openapi.yaml and the handlers do not fit:\n  ${faults.join('\n  ')}`);
  }
}
