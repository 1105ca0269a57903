import express, { type RequestHandler } from 'express';
import * as OpenApiValidator from 'express-openapi-validator';
import { operationsOf } from './contract.ts';
import type { ContractDocument } from './document.ts';

const { BadRequest } = OpenApiValidator.error;

/** The methods whose body means something; that of any other is left unread. */
const BODY_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** Stands for every media type that no operation takes. */
const OTHER_TYPE = 'application/octet-stream';

/**
 * Reads a request's body: I-JSON (RFC 7493), under a media type of the contract.
 *
 * express-openapi-validator compiles and keeps a validator for every text of `Content-Type` that
 * it has seen, parameters and all: a stranger could make it fill the memory. So the header is
 * reduced to one of the contract's own media types, to one that stands for all others, or, where
 * there is no body, to none.
 */
export function readBody(document: ContractDocument, limit: number): RequestHandler[] {
  const known = mediaTypes(document);
  const readBytes = express.raw({ type: ({ method = '' }) => BODY_METHODS.has(method), limit });
  const parse: RequestHandler = (request, _response, next) => {
    const { headers, body: bytes } = request;
    const type = canonical(headers['content-type'] ?? '', known);
    delete request.body;
    delete headers['content-type'];
    if (bytes instanceof Buffer && bytes.length > 0) {
      headers['content-type'] = type;
      if (type !== OTHER_TYPE) request.body = parseJson(bytes);
    }
    next();
  };
  return [readBytes, parse];
}

/** Takes a byte order mark off, as a reader of JSON may (RFC 8259 §8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Buffer): unknown {
  try {
    const text = utf8.decode(bytes);
    return JSON.parse(text, SURROGATE.test(text) ? wellFormed : undefined);
  } catch (error) {
    if (error instanceof BadRequest) throw error;
    throw new BadRequest({ path: '/body', message: 'is not valid JSON in UTF-8' });
  }
}

/** What comes out of UTF-8 is well-formed; only an escape sequence can be half of a character. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

/** Languages part ways over a lone surrogate; RFC 7493 §2.1 rules it out. */
function wellFormed(name: string, value: unknown): unknown {
  if (name.isWellFormed() && (typeof value !== 'string' || value.isWellFormed())) return value;
  throw new BadRequest({ path: '/body', message: 'has a lone surrogate (RFC 7493)' });
}

function mediaTypes(document: ContractDocument): ReadonlySet<string> {
  const types = [...operationsOf(document)].flatMap(({ operation: { requestBody } }) =>
    requestBody && 'content' in requestBody ? Object.keys(requestBody.content) : [],
  );
  return new Set(types);
}

function canonical(header: string, known: ReadonlySet<string>): string {
  const [essence = '', ...parameters] = header.split(';');
  const type = essence.trim().toLowerCase();
  const charset = parameters
    .map((parameter) => parameter.trim().toLowerCase())
    .find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  return known.has(type) && isUtf8 ? type : OTHER_TYPE;
}
