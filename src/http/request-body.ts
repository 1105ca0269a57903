import type { IncomingMessage, ServerResponse } from 'node:http';
import bodyParser from 'body-parser';
import { invalidRequest } from './invalid-request.ts';
import type { AnyResponse } from './write-response.ts';

/**
 * A parsed body. `mediaType` is in canonical form: empty where there is no body, and
 * `application/octet-stream` for all types that the operation does not take.
 */
export interface RequestBody {
  mediaType: string;
  body: unknown;
}

const NO_BODY: RequestBody = { mediaType: '', body: undefined };
const UNKNOWN_MEDIA_TYPE = 'application/octet-stream';

/**
 * Makes a function that reads the body of a request, if there is one. It rejects with an error that
 * has a `status` if the body is too large or incomplete.
 */
export function createBodyReader(limitBytes: number) {
  const readRaw = bodyParser.raw({ type: () => true, limit: limitBytes });

  return async (
    request: IncomingMessage & { body?: unknown },
    response: ServerResponse,
  ): Promise<Buffer | undefined> => {
    if (request.headers['content-length'] === '0') return undefined; // whatever its encoding
    await new Promise<void>((resolve, reject) => {
      readRaw(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
    });
    return request.body instanceof Buffer ? request.body : undefined;
  };
}

/** Parses a body. It must be I-JSON (RFC 7493), of a media type that the operation takes. */
export function parseBody(
  bytes: Buffer | undefined,
  contentType: string | undefined,
  mediaTypes: ReadonlySet<string>,
): RequestBody | { rejection: AnyResponse } {
  if (bytes === undefined || bytes.length === 0) return NO_BODY;
  const mediaType = canonicalizeMediaType(contentType ?? '', mediaTypes);
  if (mediaType === UNKNOWN_MEDIA_TYPE) return { mediaType, body: undefined };
  const { value, fault } = parseJson(bytes);
  if (fault) return { rejection: invalidRequest([{ path: '/body', message: fault }], undefined) };
  return { mediaType, body: value };
}

/** It ignores a byte order mark, as parsers of JSON may (RFC 8259 §8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Buffer): { value?: unknown; fault?: string } {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    const { memberCount, isWellFormed } = inspectJson(value);
    if (!isWellFormed) return { fault: 'has a lone surrogate (RFC 7493)' };
    if (memberCount < countColons(text)) return { fault: 'has a member twice (RFC 7493)' };
    return { value };
  } catch {
    return { fault: 'is not valid JSON in UTF-8' };
  }
}

/** The names of UTF-8, and US-ASCII, which is a subset. */
const UTF8_CHARSET = /^charset=("?)(utf-?8|us-ascii)\1$/;

const JSON_STRING = /"(?:[^"\\]|\\.)*"/g;

/** One for each member, as they are outside of strings. `JSON.parse` drops members of the same name. */
function countColons(json: string): number {
  return json.replaceAll(JSON_STRING, '').split(':').length - 1;
}

/** A text or a name is not well-formed if it has a lone surrogate. */
function inspectJson(value: unknown): { memberCount: number; isWellFormed: boolean } {
  const pending = [value]; // not a recursion: a body may be nested deeper than the stack
  let memberCount = 0;
  let isWellFormed = true;
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'string') isWellFormed &&= next.isWellFormed();
    if (typeof next !== 'object' || next === null) continue;
    const entries = Object.entries(next);
    if (!Array.isArray(next)) memberCount += entries.length;
    for (const entry of entries) pending.push(...entry);
  }
  return { memberCount, isWellFormed };
}

function canonicalizeMediaType(header: string, known: ReadonlySet<string>): string {
  if (known.has(header)) return header;
  const [essence = '', ...parameters] = header.split(';');
  const type = essence.trim().toLowerCase();
  const charset = parameters
    .map((parameter) => parameter.trim().toLowerCase())
    .find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || UTF8_CHARSET.test(charset);
  return known.has(type) && isUtf8 ? type : UNKNOWN_MEDIA_TYPE;
}
