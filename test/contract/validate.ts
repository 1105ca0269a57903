// Compares an answer with the contract: its status, media type, body and headers.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { Difference, type Expectation } from './difference.ts';
import {
  type Content,
  type DeclaredResponse,
  document,
  FILE,
  type Header,
  lineOf,
  operations,
  pointerTo,
  type Reference,
  resolve,
  type Schema,
} from './document.ts';
import type { Exchange } from './exchange.ts';

const ajv = new Ajv2020({ verbose: true, strict: false, allErrors: true, logger: false });
ajvFormats.default(ajv, { mode: 'full' });
ajv.addSchema(document, FILE, undefined, false);

/** @throws Difference at the first thing that is not as declared */
export function validate(exchange: Exchange): void {
  for (const declared of declaredFor(exchange)) {
    for (const check of [checkBody, checkHeaders, checkProblem]) {
      const broken = check(exchange, declared);
      if (broken) throw new Difference(exchange, broken);
    }
  }
}

/**
 * The declared responses for an answer. With a method that its path does not have, it belongs to all
 * operations of the path.
 */
function declaredFor(exchange: Exchange): DeclaredResponse[] {
  const { operation, response } = exchange;
  if (operation) return [declaredStatus(exchange, operation.responses)];
  const siblings = siblingsOf(exchange);
  if (siblings.length > 0) {
    return siblings.map(({ responses }) => declaredStatus(exchange, responses));
  }
  const { responses = {} } = document.components;
  const declared = response.status === 404 ? responses['NotFound'] : undefined;
  if (declared) return [declared];
  const line = lineOf(responses, 'NotFound');
  const what = '404: the contract has no such path';
  throw new Difference(exchange, { what, line });
}

/** The operations at the path of a request that has another method. */
function siblingsOf({ template }: Exchange) {
  return operations.filter(({ path }) => path === template);
}

function declaredStatus(
  exchange: Exchange,
  responses: Record<string, DeclaredResponse | Reference>,
): DeclaredResponse {
  const { status } = exchange.response;
  const declared = responseTo(responses, status);
  if (declared) return declared;
  const [first = ''] = Object.keys(responses);
  const what = `one of the statuses ${Object.keys(responses).join(', ')}`;
  const cause = `a status that is declared, not ${status}`;
  throw new Difference(exchange, { what, line: lineOf(responses, first), cause });
}

/** The response that is declared for a status, for its class (`4XX`), or as `default`. */
export function responseTo(
  responses: Record<string, DeclaredResponse | Reference>,
  status: number,
): DeclaredResponse | undefined {
  const range = `${Math.floor(status / 100)}XX`;
  const declared = responses[status] ?? responses[range] ?? responses['default'];
  return declared && resolve(declared);
}

export const PROBLEM = 'application/problem+json';

type Check = (exchange: Exchange, declared: DeclaredResponse) => Expectation | undefined;

const checkBody: Check = ({ request, response }, declared) => {
  const { content } = declared;
  const isEmpty = content === undefined || request.method === 'HEAD';
  if (isEmpty) {
    const line = lineOf(declared, 'description');
    return response.body === '' ? undefined : { what: 'no body', line };
  }
  const type = response.headers.get('Content-Type') ?? '';
  const [name = ''] = type.split(';');
  const media = mediaTypeIn(content, type);
  if (!media || !/^[^;]+(;\s*charset=utf-8)?$/i.test(type)) {
    const what = `Content-Type: ${Object.keys(content).join(' or ')}`;
    return { what, line: lineOf(declared, 'content'), found: type || 'no Content-Type' };
  }
  if (!isJsonType(name)) return undefined;
  const body = parse(response.body);
  if (!('value' in body)) return { what: 'JSON', line: lineOf(content, name) };
  return media.schema && violation('the body', media.schema, body.value);
};

/** The content that is declared for a `Content-Type`; also by a range such as `text/*`. */
export function mediaTypeIn(content: Record<string, Content>, type: string): Content | undefined {
  const [name = ''] = type.split(';');
  const essence = name.trim().toLowerCase();
  const [kind] = essence.split('/');
  return content[essence] ?? content[`${kind}/*`] ?? content['*/*'];
}

export function isJsonType(type: string): boolean {
  return /^[^;]*[/+]json\s*(;|$)/i.test(type);
}

const checkHeaders: Check = ({ response }, declared) => {
  const { headers = {} } = declared;
  for (const [name, reference] of Object.entries(headers)) {
    const header: Header = resolve(reference);
    const text = response.headers.get(name);
    if (text === null && header.required) {
      return { what: `a header ${name}`, line: lineOf(headers, name) };
    }
    if (text === null || !header.schema) continue;
    const broken = violation(name, header.schema, headerValue(text, header.schema));
    if (broken) return broken;
  }
  return undefined;
};

/** Rules for the members of a problem that its schema states in words. */
const checkProblem: Check = ({ request, response }, { content }) => {
  const { properties = {} } = document.components.schemas?.['Problem'] ?? {};
  const isOwn = 'error' in properties && 'request_id' in properties;
  const media = content?.[PROBLEM];
  if (!isOwn || !media || request.method === 'HEAD') return undefined;
  const problem = JSON.parse(response.body); // checkBody has looked at it
  const id = response.headers.get('X-Request-Id');
  const expected: Record<string, unknown> = {
    status: response.status,
    error: problem.detail,
    request_id: response.status >= 500 ? id : undefined,
  };
  for (const [member, value] of Object.entries(expected)) {
    if (problem[member] === value) continue;
    const what = value === undefined ? `no ${member}` : `${member}: ${JSON.stringify(value)}`;
    return { what, line: lineOf(properties, member) };
  }
  const codes = codesOf(media).map(([code]) => code);
  if (codes.length === 0 || codes.includes(problem.code)) return undefined;
  return {
    what: `code: ${codes.join(' or ')}`,
    line: lineOf(media, 'examples'),
    found: problem.code,
  };
};

/** The codes that a response can have, each with the name of its example: the examples show them all. */
export function codesOf({ examples = {} }: Content): [code: string, example: string][] {
  return Object.entries(examples).flatMap(([name, one]): [string, string][] => {
    const { code } = Object(resolve(one).value);
    return typeof code === 'string' ? [[code, name]] : [];
  });
}

/** How a value breaks its schema, if it does. */
function violation(
  name: string,
  schema: Schema | Reference,
  value: unknown,
): Expectation | undefined {
  const validator = validatorOf(schema);
  if (validator(value)) return undefined;
  const [error] = validator.errors ?? [];
  return error && expectationOf(name, error);
}

function expectationOf(name: string, error: ErrorObject): Expectation {
  const { instancePath, keyword, message, params, parentSchema, data } = error;
  const detail = keyword === 'additionalProperties' ? `: ${params['additionalProperty']}` : '';
  return {
    what: `${name}${instancePath && ` at ${instancePath}`} ${message}${detail}`,
    line: lineOf(parentSchema ?? document, keyword),
    found: JSON.stringify(data),
  };
}

const validators = new WeakMap<object, ValidateFunction>();

export function validatorOf(schema: Schema | Reference): ValidateFunction {
  const validator = validators.get(schema) ?? ajv.compile({ $ref: `${FILE}#${pointerTo(schema)}` });
  validators.set(schema, validator);
  return validator;
}

/** The text of a header, converted to the type of its schema. */
function headerValue(text: string, reference: Schema | Reference): unknown {
  const { type } = resolve(reference);
  return type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
}

/** The `code` in a body; empty if the body is not JSON. */
export function codeIn(text: string): string {
  const body = parse(text);
  return 'value' in body ? String(Object(body.value).code) : '';
}

function parse(text: string): { value: unknown } | Record<never, never> {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return {};
  }
}
