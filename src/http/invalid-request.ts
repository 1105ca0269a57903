import type { Schema } from './operation.ts';
import { problem } from './problem.ts';

/** A fault as express-openapi-validator reports it: `/body/title`, `/query/limit`, `/headers/…`. */
export interface ValidationFault {
  path: string;
  message: string;
}

/** 400, with each fault and its place. */
export function invalidRequest(faults: ValidationFault[], body: unknown) {
  const errors = faults.map((fault) => inputError(fault, body));
  const [first] = errors;
  const where = first?.pointer ?? first?.parameter ?? first?.header;
  const detail = text(`${where === '' ? 'The body' : where}: ${first?.message}`, 1000);
  return problem(400, 'invalid_request', detail, errors);
}

export function unsupportedMediaType() {
  const detail = 'The body must be JSON in UTF-8, of a type this operation takes';
  return problem(415, 'unsupported_media_type', detail);
}

function inputError(fault: ValidationFault, body: unknown): Schema<'InputError'> {
  const [, place, name = ''] = /^\/(\w+)\/?(.*)$/s.exec(fault.path) ?? [];
  const message = text(fault.message, 1000);
  if (place === 'headers') return { header: text(name, 100), message };
  if (place === 'query' || place === 'params') return { parameter: text(name, 1000), message };
  return { pointer: pointer(name, body), message };
}

/**
 * A JSON Pointer (RFC 6901) from what follows `/body/`: a pointer already, or, for a member that is
 * not allowed, its name as it was sent.
 */
function pointer(place: string, body: unknown): string {
  const isName = typeof body === 'object' && body !== null && Object.hasOwn(body, place);
  const escaped = isName ? place.replaceAll('~', '~0').replaceAll('/', '~1') : place;
  if (escaped === '') return '';
  return `/${escaped.replaceAll(/~(?![01])/g, '~0')}`.slice(0, 1000).replace(CUT_OFF, '');
}

/** Half of an escape sequence, or of a character outside the BMP. */
const CUT_OFF = /~$|\p{Cs}$/u;

/** Messages quote names from the request: they are made well-formed (RFC 7493 §2.1), and cut off. */
function text(value: string, maxLength: number): string {
  return value.slice(0, maxLength).toWellFormed().replaceAll('\0', '\ufffd');
}
