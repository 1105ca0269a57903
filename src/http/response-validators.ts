import type { HeaderObject, ResponseObject } from './openapi-document.ts';
import type { EdgeHeader } from './operation.ts';
import type { Schemas } from './schemas.ts';
import type { AnyResponse } from './write-response.ts';

/** @returns what is wrong with a response of the declared status, or `undefined` */
export type ResponseValidator = (response: AnyResponse) => string | undefined;

/** The pipeline sets them after the check. */
const EDGE_HEADERS: ReadonlySet<string> = new Set([
  'X-Request-Id',
  'Cache-Control',
  'WWW-Authenticate',
] satisfies EdgeHeader[]);

/** Compiles a declared response: its body, and the presence and values of its headers. */
export function compileResponseValidator(
  schemas: Schemas,
  content: ResponseObject['content'],
  headers: (readonly [name: string, header: HeaderObject])[],
): ResponseValidator {
  const [media] = Object.values(content ?? {});
  const checkBody = media && schemas.response(media.schema ?? {});
  const declared = headers
    .filter(([name]) => !EDGE_HEADERS.has(name))
    .map(([name, { required = false, schema = {} }]) => {
      return { name, required, check: schemas.response(schema) };
    });
  return ({ headers: sent = {}, body }) => {
    for (const { name, required, check } of declared) {
      const value = sent[name];
      if (value === undefined && !required) continue;
      if (value === undefined) return `without ${name}`;
      const fault = check(value);
      if (fault) return `with a bad ${name}: ${fault}`;
    }
    if (!checkBody) return body === undefined ? undefined : 'with a body';
    if (body === undefined) return 'without a body';
    const fault = checkBody(body);
    return fault && `with a bad body: ${fault}`;
  };
}
