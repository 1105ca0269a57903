// Assertions of the checks from the document: the status, and the place that a 400 names.
import { Difference, differenceIn } from '../difference.ts';
import { document, lineOf, type Operation, resolve, type Schema } from '../document.ts';
import { exchangeOf } from '../exchange.ts';
import type { RawResult } from '../requests.ts';
import { responseTo } from '../validate.ts';

interface Reason {
  /** To be read after a status: `for a request without an access token`. */
  what: string;
  line: string;
}

/** The answer has one of these statuses. */
export function hasOneOf(
  { response }: RawResult,
  statuses: number[],
  { what, line }: Reason,
): void {
  if (statuses.includes(response.status)) return;
  const wanted = `${statuses.join(' or ')} ${what}`;
  throw differenceIn({ response }, { what: wanted, line, found: `${response.status}` });
}

/** The statuses for a request whose form is wrong. */
const REFUSALS = [400, 405, 406, 413, 415, 422];

/** The answer does not reject the form of the request. */
export function isAccepted(
  { response }: RawResult,
  isStrict: boolean,
  { what, line }: Reason,
): void {
  const { status, ok } = response;
  const isRefused = REFUSALS.includes(status) || status >= 500;
  const depends = [304, 409, 412, 429]; // on the state of the service
  if (ok || (!isRefused && (!isStrict || depends.includes(status)))) return;
  const exchange = exchangeOf(response);
  throw new Difference(exchange, { what: `a success ${what}`, line, found: `${status}` });
}

export type Place = Partial<Record<'pointer' | 'parameter' | 'header', string[]>>;

/** A 400 names the fault, where the contract has members for that. */
export function namesFault(
  operation: Operation,
  { error, response }: RawResult,
  place: Place,
): void {
  const declared = responseTo(operation.responses, response.status);
  const errors = errorsSchema(declared?.content?.['application/problem+json']?.schema);
  const [member = 'pointer', names = []] = Object.entries(place)[0] ?? [];
  if (!errors?.properties?.[member]) return;
  const listed: unknown = Reflect.get(Object(error), 'errors');
  const found = (Array.isArray(listed) ? listed : []).map((one) => one?.[member]);
  const wanted = names.map((name) => name.toLowerCase());
  if (found.some((name) => wanted.includes(String(name).toLowerCase()))) return;
  throw differenceIn(
    { response },
    {
      what: `errors names the ${member} ${names.map((name) => JSON.stringify(name)).join(' or ')}`,
      line: lineOf(errors.properties, member),
      found: JSON.stringify(found),
      cause: `errors names the ${member} that is wrong`,
    },
  );
}

/** The schema of an entry of `errors`. */
function errorsSchema(
  schema: Parameters<typeof resolve<Schema>>[0] | undefined,
): Schema | undefined {
  const errors = schema && resolve<Schema>(schema).properties?.['errors'];
  const items = errors && resolve<Schema>(errors).items;
  return items && resolve<Schema>(items);
}

/** The line where the responses of an operation have a status. */
export function lineOfStatus({ responses }: Operation, status: number): string {
  return lineOf(responses, responses[status] ? `${status}` : 'default');
}

export function lineOfPath({ path }: Operation): string {
  return lineOf(document.paths, path);
}
