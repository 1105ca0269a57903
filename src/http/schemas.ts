import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { ContractDocument, SchemaObject } from './openapi-document.ts';

/** @returns what is wrong with a value; `undefined` for a valid one */
export type Check = (value: unknown) => string | undefined;

/** Compiles schemas of the contract, each when it is first used. */
export type Schemas = ReturnType<typeof createSchemas>;

/** The options are those of express-openapi-validator, so that both produce the same values. */
export function createSchemas(document: ContractDocument) {
  return {
    /** Coerces the texts of a URL or a header to the schema's types, and fills in defaults. */
    parameters: createCompiler(document, { useDefaults: true, coerceTypes: true }),
    /** Fills in defaults; coerces nothing. */
    requestBody: createCompiler(document, { useDefaults: true }),
    response: createCompiler(document, {}),
  };
}

function createCompiler(document: ContractDocument, options: object) {
  const ajv = memoize(() => createAjv(document, options));
  return (schema: SchemaObject): Check => {
    const compiled = memoize(() => ajv().compile(withAbsoluteReferences(schema)));
    return (value) => {
      const validate = compiled();
      return validate(value) ? undefined : ajv().errorsText(validate.errors);
    };
  };
}

const DOCUMENT_ID = 'openapi.yaml';

function createAjv(document: ContractDocument, options: object): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, ...options });
  ajvFormats.default(ajv, { mode: 'full' });
  ajv.addFormat('date-time', isDateTime);
  return ajv.addSchema(document, DOCUMENT_ID);
}

/** The references of a schema are relative to the document, which has an id in Ajv. */
function withAbsoluteReferences(schema: SchemaObject): SchemaObject {
  const absolute = (name: string, value: unknown) =>
    name === '$ref' && typeof value === 'string' ? value.replace(/^#/, `${DOCUMENT_ID}#`) : value;
  return JSON.parse(JSON.stringify(schema, absolute));
}

const fullDateTime = ajvFormats.default.get('date-time', 'full');

/** In UTC, up to the 28th of a month. The full check, for all others, costs ten times more. */
const PLAIN_DATE_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z$/;

/** The same dates as in the full mode of ajv-formats (RFC 3339). */
function isDateTime(text: string): boolean {
  if (PLAIN_DATE_TIME.test(text)) return true;
  const { validate } = fullDateTime as { validate: (text: string) => boolean }; // of this format
  return validate(text);
}

function memoize<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
