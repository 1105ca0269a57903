// The parameters and the body of an operation: each constraint broken once, and met at its limits.
import { isDeepStrictEqual } from 'node:util';
import { differenceIn } from '../difference.ts';
import {
  lineOf,
  lineSaying,
  type Operation,
  type Parameter,
  resolve,
  type Schema,
} from '../document.ts';
import { isOwnContract } from '../own.ts';
import { hasOwnBody } from '../own-requests.ts';
import {
  goodBody,
  goodParameter,
  goodRequest,
  jsonTypeOf,
  type RawResult,
  raw,
} from '../requests.ts';
import { target } from '../target.ts';
import { isJsonType, responseTo } from '../validate.ts';
import { breaks, limits, type Variant } from '../values.ts';
import { hasOneOf, isAccepted, lineOfStatus, namesFault } from './answer.ts';
import { derive, deriveFor } from './derive.ts';
import { isSendableAs, requestWith } from './parameters.ts';

/** The statuses for input that breaks its schema. */
const BAD_INPUT = [400, 422];

const UNKNOWN_LIMIT = 'the limit is not known (--body-limit BYTES)';

export function describeParameters(operation: Operation): void {
  for (const parameter of operation.parameters) {
    if (parameter.in === 'cookie' || !parameter.schema) continue;
    describeLimits(operation, parameter, parameter.schema);
    describeBreaks(operation, parameter, parameter.schema);
  }
  if (!isOwnContract) return; // nothing in OpenAPI forbids an unknown parameter
  deriveFor(operation, BAD_INPUT, 'an unknown query parameter', async (statuses) => {
    const request = await goodRequest(operation.operationId, false);
    const result = await raw(requestWith(request, { in: 'query', name: 'bogus' }, '1'));
    const line = lineSaying('400 for a parameter that the operation does not declare');
    hasOneOf(result, statuses, { what: 'for an unknown query parameter', line });
    namesFault(operation, result, { parameter: ['bogus'] });
  });
}

function describeLimits(
  operation: Operation,
  parameter: Parameter,
  schema: NonNullable<Parameter['schema']>,
): void {
  if (parameter.in === 'path') return; // ids are made by the service
  for (const { what, value, line } of limits(schema, isSendableAs(parameter))) {
    derive('accepted:', `${parameter.name} ${what}`, async (context) => {
      if (isOpaque(parameter)) context.skip('only the service can make such a value');
      const request = await goodRequest(operation.operationId);
      const result = await raw(requestWith(request, parameter, String(value)));
      isAccepted(result, false, { what: `for ${parameter.name} ${what}`, line });
    });
  }
}

/** Whether only the service can make a good value. */
function isOpaque({ description = '', name }: Parameter): boolean {
  return /\bopaque\b/i.test(description) || name === 'cursor';
}

function describeBreaks(
  operation: Operation,
  parameter: Parameter,
  schema: NonNullable<Parameter['schema']>,
): void {
  const { name, in: place } = parameter;
  const fault = place === 'header' ? { header: [name] } : { parameter: [name] };
  const statuses = place === 'path' ? [...BAD_INPUT, 404] : BAD_INPUT;
  for (const { what, value, line } of breaks(schema, isSendableAs(parameter))) {
    deriveFor(operation, statuses, `${name} ${what}`, async (declared) => {
      const request = await goodRequest(operation.operationId, false);
      const result = await raw(requestWith(request, parameter, String(value)));
      const wanted = isOwnContract ? [400] : declared;
      hasOneOf(result, wanted, { what: `for ${name} ${what}`, line });
      namesFault(operation, result, fault);
    });
  }
  if (parameter.required && place !== 'path') describeMissing(operation, parameter);
  if (place !== 'query' || !isOwnContract) return;
  describeTwice(operation, parameter);
  describeEmpty(operation, parameter);
  describeSpelling(operation, parameter);
}

/** Other spellings of a value that the contract allows in one way only. */
function describeSpelling(operation: Operation, parameter: Parameter): void {
  const { name, schema = {} } = parameter;
  const { type } = resolve<Schema>(schema);
  if (type !== 'integer' && type !== 'boolean') return;
  deriveFor(operation, BAD_INPUT, `${name} in another spelling`, async (statuses) => {
    const request = await goodRequest(operation.operationId, false);
    const value = type === 'integer' ? goodParameter(parameter) : '';
    const others = type === 'integer' ? [`0${value}`, `+${value}`, `${value}e0`] : ['1', 'TRUE'];
    for (const other of others) {
      const result = await raw(requestWith(request, parameter, other));
      const line = lineSaying(`An integer is written as in JSON`);
      hasOneOf(result, statuses, { what: `for ${name}=${other}`, line });
      namesFault(operation, result, { parameter: [name] });
    }
  });
}

function describeMissing(operation: Operation, parameter: Parameter): void {
  const { name } = parameter;
  deriveFor(operation, BAD_INPUT, `${name} that is missing`, async (statuses) => {
    const request = await goodRequest(operation.operationId, false);
    const result = await raw(requestWith(request, parameter, undefined));
    hasOneOf(result, statuses, { what: `without ${name}`, line: lineOf(parameter, 'required') });
  });
}

function describeEmpty(operation: Operation, parameter: Parameter): void {
  const { name } = parameter;
  deriveFor(operation, BAD_INPUT, `${name} without a value`, async (statuses) => {
    const request = await goodRequest(operation.operationId, false);
    const result = await raw(requestWith(request, parameter, ''));
    const line = lineSaying('and for one without a value');
    hasOneOf(result, statuses, { what: `for ${name} without a value`, line });
    namesFault(operation, result, { parameter: [name] });
  });
}

function describeTwice(operation: Operation, parameter: Parameter): void {
  const { name } = parameter;
  deriveFor(operation, BAD_INPUT, `${name} that is sent twice`, async (statuses) => {
    const request = await goodRequest(operation.operationId, false);
    const value = isOpaque(parameter) ? 'a' : goodParameter(parameter);
    const once = requestWith(request, parameter, value);
    const twice = `${once.path}&${new URLSearchParams([[name, value]])}`;
    const result = await raw({ ...once, path: twice });
    hasOneOf(result, statuses, {
      what: `for ${name} given twice`,
      line: lineOf(parameter, 'name'),
    });
  });
}

export function describeBody(operation: Operation): void {
  const { requestBody, operationId } = operation;
  const [type, content] =
    Object.entries(requestBody?.content ?? {}).find(([one]) => isJsonType(one)) ?? [];
  if (!requestBody || type === undefined) return;
  describeForm(operation);
  const schema = content?.schema;
  if (!schema) return;
  const fixed = hasOwnBody(operationId);
  for (const variant of limits(schema)) {
    if (variant.pointer === '' && fixed) continue; // such a body says less than the operation needs
    derive('accepted:', named(variant), async (context) => {
      const request = await goodRequest(operationId);
      const body = await variantOf(operation, variant, true);
      if (body.length > target.bodyLimit) context.skip('a body at its limit would be too large');
      const result = await raw({ ...request, body });
      isAccepted(result, !fixed, { what: `for ${named(variant)}`, line: variant.line });
      if (isOwnContract && result.response.ok) echoes(operation, result, body);
    });
  }
  for (const variant of breaks(schema)) {
    if (variant.value === null && !requestBody.required) continue; // may be the same as no body
    deriveFor(operation, BAD_INPUT, named(variant), async (statuses) => {
      const request = await goodRequest(operationId, false);
      const result = await raw({ ...request, body: await variantOf(operation, variant, false) });
      hasOneOf(result, statuses, { what: `for ${named(variant)}`, line: variant.line });
      namesFault(operation, result, { pointer: [variant.pointer, parentOf(variant.pointer)] });
    });
  }
}

function named({ pointer, what }: Variant): string {
  return `${pointer === '' ? 'a body' : pointer} ${what}`;
}

/** The fault of a missing or unknown member may be reported for the object instead. */
function parentOf(pointer: string): string {
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf('/')));
}

/** A good body with one member as the variant has it. */
async function variantOf(
  operation: Operation,
  { pointer, value }: Variant,
  isFresh: boolean,
): Promise<string> {
  const [, step] = pointer.split('/');
  if (step === undefined) return JSON.stringify(value);
  const member = step.replaceAll('~1', '/').replaceAll('~0', '~');
  const good = await goodBody(operation, isFresh);
  if (Array.isArray(good)) return JSON.stringify(value);
  return JSON.stringify({ ...Object(good), [member]: Reflect.get(Object(value), member) });
}

/** The answer has the members that were sent, with the same values. */
function echoes({ responses }: Operation, { data, response }: RawResult, body: string): void {
  const declared = responseTo(responses, response.status)?.content?.['application/json']?.schema;
  const { properties = {} } = declared ? resolve<Schema>(declared) : {};
  const sent: Record<string, unknown> = Object(JSON.parse(body));
  for (const [name, value] of Object.entries(sent)) {
    const found: unknown = Reflect.get(Object(data), name);
    if (value === null || !(name in properties) || isDeepStrictEqual(found, value)) continue;
    throw differenceIn(
      { response },
      {
        what: `${name} as it was sent`,
        line: lineOf(properties, name),
        found: JSON.stringify(found),
      },
    );
  }
}

/** Bodies that are not JSON, too large, or of another media type. */
function describeForm(operation: Operation): void {
  const { requestBody, operationId } = operation;
  const lineOfContent = lineOf(requestBody ?? {}, 'content');

  deriveFor(operation, BAD_INPUT, 'a body that is not JSON', async (statuses) => {
    for (const body of ['{', '{"a":}', "{'a':1}"]) {
      const request = await goodRequest(operationId, false);
      const result = await raw({ ...request, body });
      hasOneOf(result, statuses, { what: `for the body ${body}`, line: lineOfContent });
      namesFault(operation, result, { pointer: [''] });
    }
  });

  deriveFor(operation, [413], 'a body that is one byte too large', async (statuses, context) => {
    if (target.bodyLimit === Number.POSITIVE_INFINITY) {
      context.skip(UNKNOWN_LIMIT);
    }
    const request = await goodRequest(operationId, false);
    const body = request.body?.padEnd(target.bodyLimit + 1);
    const result = await raw({ ...request, body });
    const what = `for a body of ${target.bodyLimit + 1} bytes`;
    hasOneOf(result, statuses, { what, line: lineOfStatus(operation, 413) });
  });

  deriveFor(operation, [415], 'a body of another media type', async (statuses) => {
    const request = await goodRequest(operationId, false);
    const headers = { ...request.headers, 'Content-Type': 'text/plain' };
    const result = await raw({ ...request, headers });
    hasOneOf(result, statuses, { what: 'for Content-Type: text/plain', line: lineOfContent });
  });

  if (!hasOwnBody(operationId)) describeLargestBody(operation);
  if (!requestBody?.required) return;
  deriveFor(operation, [...BAD_INPUT, 415], 'no body', async (statuses) => {
    const { body: _, ...request } = await goodRequest(operationId, false);
    const headers = { ...request.headers, 'Content-Type': jsonTypeOf(operation) };
    const result = await raw({ ...request, headers });
    hasOneOf(result, statuses, { what: 'without a body', line: lineOf(requestBody, 'required') });
  });
}

function describeLargestBody(operation: Operation): void {
  derive('accepted:', 'a body that is as large as the limit', async (context) => {
    const { bodyLimit } = target;
    if (bodyLimit === Number.POSITIVE_INFINITY) context.skip(UNKNOWN_LIMIT);
    const request = await goodRequest(operation.operationId);
    const result = await raw({ ...request, body: request.body?.padEnd(bodyLimit) });
    const line = lineOfStatus(operation, 413);
    isAccepted(result, true, { what: `for a body of ${bodyLimit} bytes`, line });
  });
}
