// Assertions about answers. Each throws a Difference with the line of the contract.
import { isDeepStrictEqual } from 'node:util';
import type { components } from '../../generated/openapi.d.ts';
import { Difference, differenceIn, type Expectation } from './difference.ts';
import { document, lineOf, lineSaying, resolve } from './document.ts';
import { type Exchange, exchangeOf, shorten } from './exchange.ts';

export type Problem = components['schemas']['Problem'];
export type ProblemCode = Problem['code'];

/** The result of openapi-fetch for an answer. */
interface Result<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** @returns the body of an answer that has this status */
export function succeeds<Data>(result: Result<Data>, status: number): NonNullable<Data> {
  hasStatus(exchangeOf(result.response), status);
  // Its body was compared with the schema that its type was made from.
  return result.data as NonNullable<Data>;
}

/** @returns the problem of an answer that has this status and `code` */
export function fails(result: Result<unknown>, status: number, code: ProblemCode): Problem {
  const exchange = exchangeOf(result.response);
  hasStatus(exchange, status);
  // Its body was compared with the schema that its type was made from.
  const problem = result.error as Problem;
  if (problem.code === code) return problem;
  const problems = document.components.schemas?.['Problem']?.properties ?? {};
  const { enum: codes = [] } = resolve(problems['code'] ?? {});
  const line = lineOf(codes, `${codes.indexOf(code)}`);
  throw new Difference(exchange, { what: `code: ${code}`, line });
}

/** The place of a fault in a request. */
type Place = { pointer: string } | { parameter: string } | { header: string };

/** A 400 that lists faults at this place and at no other. */
export function isFaultOf(result: Result<unknown>, place: Place): void {
  const { errors = [] } = fails(result, 400, 'invalid_request');
  const places = errors.map(({ pointer, parameter, header }) =>
    JSON.stringify({ pointer, parameter, header: header?.toLowerCase() }),
  );
  const found = [...new Set(places)].map((text) => JSON.parse(text));
  holds(result, 'At least one place is listed', found, [place]);
}

const CHALLENGE = 'Bearer realm="todos"';
const INVALID_TOKEN = `${CHALLENGE}, error="invalid_token"`;

/** The detail and the challenge of each 401. */
const REFUSALS = {
  authentication_required: ['Authentication required', CHALLENGE],
  invalid_credentials: ['Invalid username or password', CHALLENGE],
  invalid_access_token: ['Invalid access token', INVALID_TOKEN],
  access_token_expired: ['Access token expired', INVALID_TOKEN],
  session_ended: ['You have been logged out. Please log in again.', INVALID_TOKEN],
  invalid_refresh_token: ['Invalid refresh token', INVALID_TOKEN],
} as const satisfies Partial<Record<ProblemCode, readonly [detail: string, challenge: string]>>;

/** A 401 of this `code`, to the letter. */
export function refuses(result: Result<unknown>, code: keyof typeof REFUSALS): void {
  const { detail } = fails(result, 401, code);
  const expected = REFUSALS[code];
  const sentence = `\`${code}\` | ${expected[0]} | \`${expected[1]}\``;
  holds(result, sentence, [detail, result.response.headers.get('WWW-Authenticate')], expected);
}

/**
 * Asserts what a sentence of the contract says about an answer.
 * @param sentence its words, or the beginning of them
 */
export function holds(
  { response }: { response: Response },
  sentence: string,
  actual: unknown,
  expected: unknown,
): void {
  const line = lineSaying(sentence); // also if all is well: the document must have the sentence
  if (isDeepStrictEqual(actual, expected)) return;
  const what = `“${sentence}”: ${show(expected)}`;
  throw differenceIn({ response }, { what, line, found: show(actual) });
}

export function hasStatus(exchange: Exchange, status: number): void {
  if (exchange.response.status !== status) {
    throw new Difference(exchange, expectationOf(exchange, status));
  }
}

function expectationOf({ operation }: Exchange, status: number): Expectation {
  const declared = operation?.responses[status];
  if (!operation || !declared) return { what: `${status}`, line: lineSaying('paths:') };
  const what = `${status}: ${resolve(declared).description.trim()}`;
  return { what, line: lineOf(operation.responses, `${status}`) };
}

function show(value: unknown): string {
  return shorten(JSON.stringify(value) ?? String(value), 600);
}
