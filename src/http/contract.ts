import type { Request, RequestHandler, Response } from 'express';
import * as OpenApiValidator from 'express-openapi-validator';
import { OpenApiSpecLoader } from 'express-openapi-validator/dist/framework/openapi.spec.loader.js';
import type { ContractDocument } from './document.ts';
import type { OperationHandlers, OperationId, Principals, RequestContext } from './operation.ts';
import { problem } from './problem.ts';
import { type AnyResponse, EDGE_HEADERS, send } from './send.ts';

/**
 * For each security scheme of the contract: who is it, or why not. A thrown error means that the
 * question could not be answered; it is never taken for a refusal.
 */
export type SecurityHandlers = {
  [Scheme in keyof Principals]: (request: Request) => Promise<Authentication<Principals[Scheme]>>;
};

/** The outcome of an authentication: a principal, or the 401 to answer with. */
export type Authentication<P> = { principal: P } | { refusal: AnyResponse };

export interface ContractOptions {
  document: ContractDocument;
  handlers: OperationHandlers;
  security: SecurityHandlers;
  /** String formats that the contract names and JSON Schema does not know. */
  formats: Record<string, (value: string) => boolean>;
  /** What a handler may know of a request besides its contract. */
  context: (request: Request, response: Response) => RequestContext;
}

/**
 * The contract at work: finds a request's operation, authenticates and validates it as
 * openapi.yaml says, runs the handler and validates the response.
 * @throws Error at start-up when the document is no OpenAPI or does not fit the handlers
 */
export async function contract(options: ContractOptions): Promise<RequestHandler[]> {
  checkCompleteness(options);
  const apiDoc = await dereferenced(options.document);
  const authenticateWith: RequestHandler = (request, _response, next) => {
    securityOf.set(request, options.security);
    next();
  };
  return [authenticateWith, ...validatorOf(options), dispatch(options, apiDoc)];
}

const validators = new WeakMap<ContractDocument, RequestHandler[]>();

/** One for each document: it takes a while to make, and knows of no service in particular. */
function validatorOf({ document, formats, security }: ContractOptions): RequestHandler[] {
  const validator =
    validators.get(document) ??
    OpenApiValidator.middleware({
      apiSpec: structuredClone(document),
      validateApiSpec: false,
      validateRequests: true,
      validateResponses: true,
      validateSecurity: { handlers: securityAdapters(Object.keys(security)) },
      ajvFormats: { mode: 'full' },
      formats,
      fileUploader: false,
    });
  validators.set(document, validator);
  return validator;
}

const known = new WeakMap<ContractDocument, Promise<DereferencedDocument>>();

/**
 * The document with what it refers to in place; read once.
 *
 * express-openapi-validator reports a bad document only at the first request.
 * https://github.com/cdimascio/express-openapi-validator/issues/698
 * @throws Error when the document is no OpenAPI
 */
function dereferenced(document: ContractDocument): Promise<DereferencedDocument> {
  const reading = known.get(document) ?? readDocument(document);
  known.set(document, reading);
  return reading;
}

async function readDocument(document: ContractDocument): Promise<DereferencedDocument> {
  const { apiDoc } = await new OpenApiSpecLoader({
    apiDoc: structuredClone(document),
    validateApiSpec: true,
    $refParser: { mode: 'dereference' },
  }).load();
  return apiDoc;
}

/** The operations of a document with their method and path. */
export function* operationsOf(document: Pick<ContractDocument, 'paths'>) {
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of ['get', 'put', 'post', 'delete', 'patch'] as const) {
      const operation = item[method];
      if (operation) yield { path, method, operation };
    }
  }
}

function checkCompleteness({ document, handlers, security }: ContractOptions): void {
  const faults: string[] = [];
  const declared = new Set<string>();
  for (const { path, method, operation } of operationsOf(document)) {
    const { operationId } = operation;
    if (!operationId) faults.push(`${method} ${path} has no operationId`);
    else if (declared.has(operationId)) faults.push(`two operations are called ${operationId}`);
    else if (!Object.hasOwn(handlers, operationId)) faults.push(`${operationId} has no handler`);
    if (operationId) declared.add(operationId);
  }
  for (const id of Object.keys(handlers)) {
    if (!declared.has(id)) faults.push(`the handler ${id} has no operation`);
  }
  const schemes = Object.keys(document.components?.securitySchemes ?? {});
  for (const scheme of schemes) {
    if (!Object.hasOwn(security, scheme)) faults.push(`security scheme ${scheme} has no handler`);
  }
  for (const scheme of Object.keys(security)) {
    if (!schemes.includes(scheme)) faults.push(`the security handler ${scheme} has no scheme`);
  }
  if (faults.length > 0) {
    throw new Error(`openapi.yaml and the handlers do not fit:\n  ${faults.join('\n  ')}`);
  }
}

type Outcome = Authentication<Principals[keyof Principals]> | { failure: unknown };
const outcomes = new WeakMap<Request, Outcome>();

/**
 * What authentication found for this request. express-openapi-validator keeps of a security
 * handler's error only status and message, and takes every plain error for a 401; so the real
 * outcome is kept aside here for the error handler.
 */
export function authenticationOf(request: Request): Outcome | undefined {
  return outcomes.get(request);
}

/** How this request is to be authenticated. */
const securityOf = new WeakMap<Request, SecurityHandlers>();

function securityAdapters(schemes: string[]) {
  return Object.fromEntries(
    schemes.map((scheme) => [
      scheme,
      async (request: Request): Promise<boolean> => {
        const outcome = await authenticate(request, scheme);
        outcomes.set(request, outcome);
        return 'principal' in outcome;
      },
    ]),
  );
}

async function authenticate(request: Request, scheme: string): Promise<Outcome> {
  // checkCompleteness has compared the schemes with the handlers.
  const handler = securityOf.get(request)?.[scheme as keyof SecurityHandlers];
  if (!handler) return { failure: new Error(`no security handler for ${scheme}`) };
  return handler(request).catch((failure: unknown) => ({ failure }));
}

type UntypedHandler = (request: unknown) => Promise<AnyResponse>;

function dispatch(
  { handlers, context }: ContractOptions,
  document: DereferencedDocument,
): RequestHandler {
  const headerNames = declaredHeaders(document);
  const promises = declaredResponses(document);
  return async (request, response) => {
    const { operationId, pathParams } = matchOf(request);
    if (!request.accepts(['application/json', 'application/problem+json'])) {
      const detail = 'The answer is JSON, which the Accept header excludes';
      return send(response, problem(406, 'not_acceptable', detail));
    }
    const outcome = authenticationOf(request);
    // The validator has just checked the request against this operation's contract, and
    // checkCompleteness its id: what a type cannot say of data from outside.
    const handler = handlers[operationId as OperationId] as unknown as UntypedHandler;
    const value = {
      path: pathParams,
      query: request.query,
      headers: pick(request, headerNames.get(operationId) ?? []),
      body: request.body,
      principal: outcome && 'principal' in outcome ? outcome.principal : undefined,
      context: context(request, response),
    };
    const answer = await handler(value);
    checkResponse(promises.get(`${operationId} ${answer.status}`), operationId, answer);
    send(response, answer);
  };
}

/** What express-openapi-validator has found out about a request. */
function matchOf(request: Request) {
  // It declares no type for what it hangs on the request.
  const { openapi } = request as Request & {
    openapi: {
      schema: { operationId: string };
      openApiRoute: string;
      pathParams: Record<string, string>;
    };
  };
  const { schema, openApiRoute, pathParams } = openapi;
  return { operationId: schema.operationId, route: openApiRoute, pathParams };
}

/** The operation that a request was found to be, with the path that the contract has it under. */
export function operationOf(request: Request): { id: string; route: string } | undefined {
  if (!('openapi' in request)) return undefined;
  const { operationId, route } = matchOf(request);
  return { id: operationId, route };
}

type DereferencedDocument = Awaited<ReturnType<OpenApiSpecLoader['load']>>['apiDoc'];

/** By operation, the headers that it declares, in the contract's spelling. */
function declaredHeaders(document: DereferencedDocument): Map<string, string[]> {
  return new Map(
    [...operationsOf(document)].map(({ operation: { operationId = '', parameters = [] } }) => {
      const names = parameters.flatMap((parameter) =>
        'in' in parameter && parameter.in === 'header' ? [parameter.name] : [],
      );
      return [operationId, names];
    }),
  );
}

/** What a response has by its declaration. */
interface ResponsePromise {
  hasBody: boolean;
  /** Required headers, without those that `send` adds. */
  headers: string[];
}

/** By operation and status, what was promised. */
function declaredResponses(document: DereferencedDocument): Map<string, ResponsePromise> {
  const promises = new Map<string, ResponsePromise>();
  for (const { operation } of operationsOf(document)) {
    for (const [status, response] of Object.entries(operation.responses ?? {})) {
      if ('$ref' in response) continue; // there is none any more
      const required = Object.entries(response.headers ?? {}).filter(
        ([name, header]) => 'required' in header && header.required && !EDGE_HEADERS.has(name),
      );
      promises.set(`${operation.operationId} ${status}`, {
        hasBody: response.content !== undefined,
        headers: required.map(([name]) => name),
      });
    }
  }
  return promises;
}

/** What express-openapi-validator does not look at: an answer without a body, and headers. */
function checkResponse(
  promise: ResponsePromise | undefined,
  operationId: string,
  { status, headers = {}, body }: AnyResponse,
): void {
  const broken = (what: string) => new Error(`${operationId} has answered ${status} ${what}`);
  if (!promise) throw broken('which is not declared');
  if ((body !== undefined) !== promise.hasBody) {
    throw broken(promise.hasBody ? 'without a body' : 'with a body');
  }
  const missing = promise.headers.find((name) => headers[name] === undefined);
  if (missing) throw broken(`without ${missing}`);
}

function pick(request: Request, names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = request.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
