import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { ContractDocument, SchemaObject } from './openapi-document.ts';

/** Says whether a value is valid. */
export type Validate = (value: unknown) => boolean;

/** Compiles schemas of the contract, each at its first use. */
export interface Schemas {
  /** Coerces the texts of a URL or a header to the schema's types, and fills in defaults. */
  parameters(schema: SchemaObject): Validate;
  /** Fills in defaults; coerces nothing. */
  requestBody(schema: SchemaObject): Validate;
  /** @returns a function that says what is wrong with a value, or `undefined` */
  response(schema: SchemaObject): (value: unknown) => string | undefined;
}

/** With the options of express-openapi-validator, so that both come to the same values. */
export function createSchemas(document: ContractDocument): Schemas {
  const lazyAjv = (options: object) => once(() => createAjv(document, options));
  const parameters = lazyAjv({ useDefaults: true, coerceTypes: true });
  const requestBodies = lazyAjv({ useDefaults: true });
  const responses = lazyAjv({});
  return {
    parameters(schema) {
      const compiled = compileOnce(parameters, schema);
      return (value) => compiled()(value);
    },
    requestBody(schema) {
      const compiled = compileOnce(requestBodies, schema);
      return (value) => compiled()(value);
    },
    response(schema) {
      const compiled = compileOnce(responses, schema);
      return (value) => {
        const validate = compiled();
        return validate(value) ? undefined : responses().errorsText(validate.errors);
      };
    },
  };
}

const DOCUMENT_ID = 'openapi.yaml';

function createAjv(document: ContractDocument, options: object): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, ...options });
  ajvFormats.default(ajv, { mode: 'full' });
  ajv.addFormat('date-time', isDateTime);
  return ajv.addSchema(document, DOCUMENT_ID);
}

function compileOnce(ajv: () => Ajv2020, schema: SchemaObject): () => ValidateFunction {
  return once(() => ajv().compile(withAbsoluteReferences(schema)));
}

/** A schema taken out of the document still refers to it. */
function withAbsoluteReferences(schema: SchemaObject): SchemaObject {
  const absolute = (name: string, value: unknown) =>
    name === '$ref' && typeof value === 'string' ? value.replace(/^#/, `${DOCUMENT_ID}#`) : value;
  return JSON.parse(JSON.stringify(schema, absolute));
}

const fullDateTime = ajvFormats.default.get('date-time', 'full');

/** Any day up to the 28th, in UTC. The full check parses every part, which costs ten times more. */
const PLAIN_DATE_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z$/;

/** RFC 3339, as ajv-formats checks it in full mode. */
function isDateTime(text: string): boolean {
  if (PLAIN_DATE_TIME.test(text)) return true;
  const { validate } = fullDateTime as { validate: (text: string) => boolean }; // of this format
  return validate(text);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
