import express, { type Request, type Response } from 'express';
import * as OpenApiValidator from 'express-openapi-validator';
import type { Operation } from './contract.ts';
import { invalidRequest, unsupportedMediaType, type ValidationFault } from './invalid-request.ts';
import type { ContractDocument } from './openapi-document.ts';
import {
  pickHeaders,
  type ReceivedRequest,
  type RequestValues,
  type ValidationResult,
} from './request-validators.ts';
import type { AnyResponse } from './write-response.ts';

/** Accepts or refuses a request. It rejects only if the validator itself fails. */
export type FullValidator = (
  operation: Operation,
  received: ReceivedRequest,
) => Promise<ValidationResult>;

const { BadRequest, UnsupportedMediaType } = OpenApiValidator.error;

/**
 * Makes express-openapi-validator the authority on requests that the fast validator does not accept,
 * and on the texts of their errors. Authentication and responses are left to the pipeline. It gets a
 * copy of the request, without the connection. The copy has a canonical media type, because it keeps a
 * compiled validator for each text of `Content-Type` that it has seen.
 */
export function createFullValidator(document: ContractDocument): FullValidator {
  type Options = Parameters<typeof OpenApiValidator.middleware>[0];
  const options: Options = {
    apiSpec: structuredClone(document) as Options['apiSpec'], // our type has only what the service reads
    validateApiSpec: false,
    validateRequests: { allErrors: true },
    validateResponses: false,
    validateSecurity: false,
    ajvFormats: { mode: 'full' },
    fileUploader: false,
  };
  const app = express().disable('x-powered-by').set('query parser', 'simple');
  app.enable('strict routing').enable('case sensitive routing');
  app.use(OpenApiValidator.middleware(options));

  return (operation, received) =>
    new Promise((resolve, reject) => {
      const request = buildRequest(operation, received);
      app(request, {} as Response, (error?: unknown) => {
        if (error === undefined) return resolve({ values: extractValues(operation, request) });
        const rejection = toRejection(error, received);
        if (rejection) resolve({ rejection });
        else reject(error);
      });
    });
}

/** A person reads no more at once. */
const MAX_FAULTS = 20;

/** A value of a wrong type breaks its other rules, too: the first fault is enough. */
function keepFirstFaultPerPath(faults: ValidationFault[]): ValidationFault[] {
  const places = new Map<string, ValidationFault>();
  for (const fault of faults) if (!places.has(fault.path)) places.set(fault.path, fault);
  return [...places.values()].slice(0, MAX_FAULTS);
}

/** The parts of an Express request that the validator reads. */
function buildRequest({ method, path }: Operation, received: ReceivedRequest): Request {
  const { headers, mediaType, search, body } = received;
  const filledIn = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(received.path[name] ?? ''),
  );
  const url = search === '' ? filledIn : `${filledIn}?${search}`;
  const { 'content-type': _original, ...others } = headers;
  const canonical = mediaType === '' ? others : { ...others, 'content-type': mediaType };
  return { method, url, originalUrl: url, headers: canonical, body } as Request;
}

function extractValues({ headerNames }: Operation, request: Request): RequestValues {
  // The validator declares no type for the member that it adds to a request.
  const { openapi } = request as Request & { openapi: { pathParams: Record<string, string> } };
  return {
    path: openapi.pathParams,
    query: request.query,
    headers: pickHeaders(request.headers, headerNames),
    body: request.body,
  };
}

function toRejection(
  error: unknown,
  { mediaType, body }: ReceivedRequest,
): AnyResponse | undefined {
  if (error instanceof BadRequest) return invalidRequest(keepFirstFaultPerPath(error.errors), body);
  if (!(error instanceof UnsupportedMediaType)) return undefined;
  const isMissing = mediaType === ''; // the validator reports it as an unknown type
  return isMissing
    ? invalidRequest([{ path: '/body', message: 'is missing' }], undefined)
    : unsupportedMediaType();
}
