import type { Schema } from './operation.ts';
import { problem } from './problem.ts';

/** A fault as express-openapi-validator reports it: `/body/title`, `/query/limit`, `/headers/…`. */
export interface ValidationFault {
  path: string;
  message: string;
}

/** 400, with each fault and its place. */
export function invalidRequest(faults: ValidationFault[], body: unknown) {
  const errors = faults.map((fault) => toInputError(fault, body));
  const [first] = errors;
  const where = first?.pointer ?? first?.parameter ?? first?.header;
  const detail = sanitizeText(`${where === '' ? 'The body' : where}: ${first?.message}`, 1000);
  return problem(400, 'invalid_request', detail, errors);
}

export function unsupportedMediaType() {
  const detail = 'The body must be JSON in UTF-8, of a type this operation takes';
  return problem(415, 'unsupported_media_type', detail);
}

function toInputError(fault: ValidationFault, body: unknown): Schema<'InputError'> {
  const [, place, name = ''] = /^\/(\w+)\/?(.*)$/s.exec(fault.path) ?? [];
  const message = sanitizeText(fault.message, 1000);
  if (place === 'headers') return { header: sanitizeText(name, 100), message };
  if (place === 'query' || place === 'params')
    return { parameter: sanitizeText(name, 1000), message };
  return { pointer: toJsonPointer(name, body), message };
}

/**
 * A JSON Pointer (RFC 6901) from what follows `/body/`: a pointer already, or, for a member that is
 * not allowed, its name as it was sent.
 */
function toJsonPointer(place: string, body: unknown): string {
  const isName = typeof body === 'object' && body !== null && Object.hasOwn(body, place);
  const escaped = isName ? place.replaceAll('~', '~0').replaceAll('/', '~1') : place;
  if (escaped === '') return '';
  return `/${escaped.replaceAll(/~(?![01])/g, '~0')}`.slice(0, 1000).replace(INCOMPLETE_END, '');
}

/** Half of an escape sequence, or of a character outside the BMP. */
const INCOMPLETE_END = /~$|\p{Cs}$/u;

/** Messages quote names from the request: they are made well-formed (RFC 7493 §2.1), and cut off. */
function sanitizeText(value: string, maxLength: number): string {
  return value.slice(0, maxLength).toWellFormed().replaceAll('\0', '\ufffd');
}
