import { parse as parseQuery } from 'node:querystring';
import type { ValidationFault } from './invalid-request.ts';
import type { ParameterObject, RequestBodyObject } from './openapi-document.ts';
import type { Check, Schemas } from './schemas.ts';
import type { AnyResponse } from './write-response.ts';

/** The declared values of a request, coerced, with defaults filled in. */
export interface RequestValues {
  path: Record<string, unknown>;
  query: Record<string, unknown>;
  /** With the names of the contract. */
  headers: Record<string, unknown>;
  body: unknown;
}

/** A request as it was received. */
export interface ReceivedRequest {
  /** Decoded, by the names of the contract. */
  path: Record<string, string>;
  /** The query, without the `?`. */
  search: string;
  /** By lower-case name. */
  headers: Record<string, string | string[] | undefined>;
  /** In canonical form; empty where there is no body. */
  mediaType: string;
  body: unknown;
}

/** The values of a valid request, or the response that refuses it. */
export type ValidationResult = { values: RequestValues } | { rejection: AnyResponse };

/**
 * Compiles the fast validator of an operation. It accepts requests in a plain form, with the same
 * values as express-openapi-validator, which decides on all others.
 * @returns a function that returns `undefined` for a request that it does not accept
 */
export function compileFastValidator(
  schemas: Schemas,
  parameters: ParameterObject[],
  body: RequestBodyObject | undefined,
): (request: ReceivedRequest) => RequestValues | undefined {
  const headerNames = listHeaderNames(parameters);
  const checkParameters = compileParameters(schemas, parameters);
  const bodyChecks = new Map<string, Check>();
  if (!body?.required) bodyChecks.set('', () => undefined);
  for (const [mediaType, { schema = {} }] of Object.entries(body?.content ?? {})) {
    bodyChecks.set(mediaType, schemas.requestBody(schema));
  }
  return ({ path, search, headers, mediaType, body }) => {
    const query = parsePlainQuery(search);
    const checkBody = bodyChecks.get(mediaType);
    if (!query || !checkBody) return undefined;
    const values = { path, query, headers: pickHeaders(headers, headerNames), body };
    const isValid = checkParameters(values) === undefined && checkBody(body) === undefined;
    return isValid ? values : undefined;
  };
}

/** An integer as in JSON: not `0x10`, `1e2`, `+5` or `020`, which Ajv would coerce. */
const PLAIN_INTEGER = /^-?(0|[1-9]\d*)$/;

/** Makes a function that finds integers in a query that are not written as in JSON. */
export function compileIntegerCheck(
  parameters: ParameterObject[],
): (search: string) => ValidationFault[] {
  const names = parameters
    .filter(isDeclaredIn('query'))
    .filter(({ schema }) => schema?.type === 'integer')
    .map(({ name }) => name);
  return (search) => {
    if (search === '' || names.length === 0) return [];
    const query = parseQuery(search);
    return names
      .filter((name) => typeof query[name] === 'string' && !PLAIN_INTEGER.test(query[name]))
      .map((name) => ({ path: `/query/${name}`, message: 'must be integer' }));
  };
}

/** The headers that an operation declares, with the names of the contract. */
export function listHeaderNames(parameters: ParameterObject[]): string[] {
  return parameters.filter(isDeclaredIn('header')).map(({ name }) => name);
}

export function pickHeaders(
  headers: ReceivedRequest['headers'],
  names: readonly string[],
): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of names) {
    const value = headers[name.toLowerCase()];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

function isDeclaredIn(place: ParameterObject['in']) {
  return (parameter: ParameterObject) => parameter.in === place;
}

/** Makes the check of the path, the query and the headers of a request. */
function compileParameters(
  schemas: Schemas,
  parameters: ParameterObject[],
): (values: RequestValues) => string | undefined {
  if (parameters.length === 0) return ({ query }) => Object.keys(query)[0]; // without loading Ajv
  const describe = (place: ParameterObject['in']) => {
    const declared = parameters.filter(isDeclaredIn(place));
    return {
      type: 'object',
      properties: Object.fromEntries(declared.map(({ name, schema = {} }) => [name, schema])),
      required: declared.filter(({ required }) => required).map(({ name }) => name),
      additionalProperties: false,
    };
  };
  const properties = {
    path: describe('path'),
    query: describe('query'),
    headers: describe('header'),
  };
  return schemas.parameters({ type: 'object', properties });
}

/** Unreserved characters and escape sequences (RFC 3986). */
const PLAIN_QUERY = /^[\w.~%=&-]*$/;

/** @returns `undefined` if a parameter is empty or given twice */
function parsePlainQuery(search: string): Record<string, unknown> | undefined {
  if (search === '') return {};
  if (!PLAIN_QUERY.test(search)) return undefined;
  const query = { ...parseQuery(search) };
  const isPlain = Object.values(query).every((value) => typeof value === 'string' && value !== '');
  return isPlain ? query : undefined;
}
