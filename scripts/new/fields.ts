import { UsageError } from '../command-line.ts';
import { isIdentifier } from './names.ts';

export interface Field {
  name: string;
  type: FieldType;
  /** Whether a request may leave it out. */
  isOptional: boolean;
}

interface FieldType {
  /** The schema in openapi.yaml, without its braces. */
  schema: string;
  /** A keyword that the schema has if the field is required. */
  required?: string;
  /** The value of an optional field that the request leaves out. */
  default: string;
  /** The column in the database, and its type in TypeScript. */
  column: string;
  row: 'string' | 'number';
  /** The column's value, made from the body's. */
  toColumn(value: string): string;
  /** The body's value, made from the column's. */
  toBody(value: string): string;
  example(name: string): unknown;
  /** A second value, for tests. */
  otherExample(name: string): unknown;
}

const same = (value: string) => value;

const text = (maxLength: number): FieldType => ({
  schema: `type: string, maxLength: ${maxLength}, pattern: '^[^\\x00]*$'`,
  required: 'minLength: 1',
  default: '""',
  column: 'text',
  row: 'string',
  toColumn: same,
  toBody: same,
  example: (name) => `A ${name.replaceAll('_', ' ')}`,
  otherExample: (name) => `Another ${name.replaceAll('_', ' ')}`,
});

const TYPES: Record<string, FieldType> = {
  string: text(200),
  text: text(2000),
  integer: {
    schema: 'type: integer, format: int32, minimum: 0, maximum: 2147483647',
    default: '0',
    column: 'integer',
    row: 'number',
    toColumn: same,
    toBody: same,
    example: () => 1,
    otherExample: () => 2,
  },
  boolean: {
    schema: 'type: boolean',
    default: 'false',
    column: 'integer',
    row: 'number',
    toColumn: (value) => `Number(${value})`,
    toBody: (value) => `${value} === 1`,
    example: () => true,
    otherExample: () => false,
  },
};

export const TYPE_NAMES = Object.keys(TYPES);

/** The fields that every resource has. */
const RESERVED_NAMES = ['id', 'user_id', 'created_at', 'updated_at'];

/**
 * Reads `title:string,body:text?`.
 * @throws UsageError
 */
export function parseFields(list: string): Field[] {
  const fields = list.split(',').map(parseField);
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`There are two fields ${twice}.`);
  if (fields.every(({ isOptional }) => isOptional)) {
    throw new UsageError('At least one field must be required, that is, without a question mark.');
  }
  return fields;
}

function parseField(text: string): Field {
  const [, name = '', typeName = '', mark] = /^([^:]*):([^?]*)(\?)?$/.exec(text.trim()) ?? [];
  const type = TYPES[typeName];
  if (!type || !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) {
    throw new UsageError(
      `"${text}" must be a field such as title:string or body:text?. Types: ${TYPE_NAMES.join(', ')}.`,
    );
  }
  if (RESERVED_NAMES.includes(name))
    throw new UsageError(`Every resource has the field ${name} already.`);
  if (!isIdentifier(name)) throw new UsageError(`${name} is a keyword of TypeScript.`);
  return { name, type, isOptional: mark !== undefined };
}

/** `title: { type: string, … }` for openapi.yaml. */
export function formatProperty({ name, type, isOptional }: Field, isRequest: boolean): string {
  const required = !isOptional && type.required ? `, ${type.required}` : '';
  const byDefault = isOptional && isRequest ? `, default: ${type.default}` : '';
  return `${name}: { ${type.schema}${required}${byDefault} }`;
}

export function formatExample(fields: Field[]): Record<string, unknown> {
  return Object.fromEntries(fields.map(({ name, type }) => [name, type.example(name)]));
}
