// Values from schemas: valid ones, those at a limit, and those that break one keyword. Each is validated
// first, so it is what its name says.
import { escapePointer, lineOf, type Reference, resolve, type Schema } from './document.ts';
import { validatorOf } from './validate.ts';

type AnySchema = Schema | Reference;

export interface Variant {
  /** The place of the difference, as a JSON Pointer; empty for the whole value. */
  pointer: string;
  /** The difference, to be read after a name: `longer than 200 characters`. */
  what: string;
  value: unknown;
  /** The line of the condition. */
  line: string;
}

export function isValid(schema: AnySchema, value: unknown): boolean {
  return validatorOf(schema)(value);
}

/** A value that the schema allows; undefined if none was found. */
export function goodValue(schema: AnySchema): unknown {
  return candidates(schema).find((value) => value !== undefined && isValid(schema, value));
}

function candidates(schema: AnySchema): unknown[] {
  const merged = merge(schema);
  const { example, examples = [], default: standard, enum: values = [] } = merged.schema;
  const written = [example, ...examples, merged.schema.const, ...values, standard];
  const branches = [...(merged.schema.oneOf ?? []), ...(merged.schema.anyOf ?? [])];
  return [...written, ...madeValues(merged.schema), ...branches.map(goodValue)];
}

function madeValues(schema: Schema): unknown[] {
  const types = typesOf(schema);
  const made: unknown[] = [];
  if (types.includes('object')) made.push(goodObject(schema));
  if (types.includes('array'))
    made.push(goodArray(schema, schema.minItems ?? 0), goodArray(schema, 1));
  if (types.includes('string')) made.push(...goodTexts(schema));
  if (types.includes('boolean')) made.push(true);
  if (types.includes('integer') || types.includes('number')) {
    made.push(schema.minimum ?? schema.maximum ?? 1, 1, 0);
  }
  if (types.includes('null')) made.push(null);
  return made;
}

function goodObject({ properties = {}, required = [] }: Schema): object {
  return Object.fromEntries(required.map((name) => [name, goodValue(properties[name] ?? {})]));
}

function goodArray({ items = {} }: Schema, length: number): unknown[] {
  return Array.from({ length }, () => goodValue(items));
}

const FORMATS: Record<string, () => string> = {
  uuid: () => crypto.randomUUID(),
  'date-time': () => new Date().toISOString(),
  date: () => new Date().toISOString().slice(0, 10),
  time: () => '12:00:00Z',
  email: () => 'someone@example.com',
  uri: () => 'https://example.com/',
  'uri-reference': () => '/example',
  hostname: () => 'example.com',
  ipv4: () => '192.0.2.1',
  ipv6: () => '2001:db8::1',
};

function goodTexts(schema: Schema): string[] {
  const { format = '', minLength = 0, maxLength = 64 } = schema;
  if (minLength > LONGEST) return [];
  const length = Math.min(Math.max(minLength, 8), maxLength);
  return [...(FORMATS[format] ? [FORMATS[format]()] : []), ...textsOf(schema, length)];
}

/** Repeated to a length, one of them fits most patterns. The first is no common password. */
const ALPHABETS = ['k3-Zq7.xW_', 'a1b2c3d4', '0123456789', 'abcdef', 'ABCDEF'];

/** Higher limits are not tried. */
const LONGEST = 50_000;

/** One character, two halves, four bytes. */
const ASTRAL = '𝒳';

/** Texts of a length, in characters. */
function textsOf({ example, examples = [] }: Schema, length: number): string[] {
  const repeated = ALPHABETS.map((letters) => letters.repeat(length / letters.length + 1));
  const written = [example, ...examples].filter((value) => typeof value === 'string');
  const longer = written.flatMap((value) => [value + repeated[0], value.repeat(length)]);
  const quoted = repeated.map((text) => `"${text.slice(0, Math.max(0, length - 2))}"`);
  return [...repeated, ...longer, ...quoted].map((text) => text.slice(0, length));
}

interface Merged {
  schema: Schema;
  /** The line of a keyword. */
  line(keyword: string): string;
}

/** A schema, merged with its references and its `allOf`. */
function merge(schema: AnySchema): Merged {
  const parts = partsOf(schema);
  return {
    schema: Object.assign({}, ...parts, {
      properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
      required: parts.flatMap(({ required = [] }) => required),
    }),
    line(keyword) {
      const part = parts.find((one) => keyword in one) ?? parts[0] ?? {};
      return lineOf(part, keyword in part ? keyword : (Object.keys(part)[0] ?? ''));
    },
  };
}

function partsOf(schema: AnySchema): Schema[] {
  const resolved = resolve<Schema>(schema);
  return [resolved, ...(resolved.allOf ?? []).flatMap(partsOf)];
}

export function typesOf({ type, properties = {}, items, enum: values = [] }: Schema): string[] {
  if (type !== undefined) return [type].flat();
  if (Object.keys(properties).length > 0) return ['object'];
  if (items) return ['array'];
  return values.length > 0 ? [] : ['string'];
}

/** Whether a value can be sent in its place: a header allows few characters. */
export type Sendable = (value: unknown) => boolean;

/** A schema may refer to itself. */
const MOST_LEVELS = 3;

/** Every limit of the schema met, and its members' and items' limits in turn. */
export function limits(schema: AnySchema, isSendable: Sendable = () => true, level = 0): Variant[] {
  const inner = (part: AnySchema) => limits(part, isSendable, level + 1);
  return [...ownLimits(merge(schema)), ...(level < MOST_LEVELS ? nested(schema, inner) : [])]
    .filter(({ value }) => isSendable(value) && isValid(schema, value))
    .filter(isFirst);
}

/** Of several values for one limit, the first that the schema allows is enough. */
function isFirst({ pointer, what }: Variant, index: number, all: Variant[]): boolean {
  return all.findIndex((one) => one.pointer === pointer && one.what === what) === index;
}

function ownLimits({ schema, line }: Merged): Variant[] {
  const types = typesOf(schema);
  const found: Variant[] = [];
  const add: Add = (keyword, what, ...values) => {
    found.push(...values.map((value) => ({ what, pointer: '', value, line: line(keyword) })));
  };
  for (const value of schema.enum ?? []) add('enum', `that is ${show(value)}`, value);
  if (types.includes('null')) add('type', 'that is null', null);
  if (types.includes('boolean'))
    for (const value of [true, false]) add('type', `that is ${value}`, value);
  if (types.includes('string') && !schema.enum) addTextLimits(schema, add);
  for (const keyword of ['minimum', 'maximum'] as const) {
    const limit = schema[keyword];
    if (limit !== undefined) add(keyword, `of ${limit}`, limit);
  }
  if (types.includes('array')) {
    for (const keyword of ['minItems', 'maxItems'] as const) {
      const limit = schema[keyword];
      if (limit !== undefined) add(keyword, `with ${limit} items`, goodArray(schema, limit));
    }
  }
  if (types.includes('object'))
    add('required', 'with the required members only', goodObject(schema));
  return found;
}

type Add = (keyword: string, what: string, ...values: unknown[]) => void;

function addTextLimits(schema: Schema, add: Add): void {
  const { minLength, maxLength } = schema;
  if (minLength === undefined) add('type', 'that is empty', '');
  for (const [keyword, limit] of Object.entries({ minLength, maxLength })) {
    if (limit === undefined || limit > LONGEST) continue;
    const texts = [ASTRAL.repeat(limit), ...textsOf(schema, limit)];
    add(keyword, `of ${count(limit, 'character')}`, ...texts);
  }
}

/** Every keyword of the schema broken once, and its members' and items' keywords in turn. */
export function breaks(schema: AnySchema, isSendable: Sendable = () => true, level = 0): Variant[] {
  const own = ownBreaks(schema, isSendable);
  if (level === MOST_LEVELS) return own;
  const inner = nested(schema, (part) => breaks(part, isSendable, level + 1));
  return [...own, ...inner.filter(({ value }) => !isValid(schema, value))];
}

interface Broken extends Variant {
  keyword: string;
}

function ownBreaks(schema: AnySchema, isSendable: Sendable): Variant[] {
  return candidatesOf(merge(schema))
    .filter(({ keyword, value }) => isSendable(value) && failsBy(schema, keyword, value))
    .map(({ keyword: _, ...variant }) => variant)
    .filter(isFirst);
}

function failsBy(schema: AnySchema, keyword: string, value: unknown): boolean {
  const validator = validatorOf(schema);
  if (validator(value)) return false;
  const errors = validator.errors ?? [];
  return errors.some((error) => error.keyword === keyword && error.instancePath === '');
}

function candidatesOf({ schema, line }: Merged): Broken[] {
  const found: Broken[] = [];
  const add: Add = (keyword, what, ...values) => {
    const rest = { keyword, what, pointer: '', line: line(keyword) };
    found.push(...values.map((value) => ({ ...rest, value })));
  };
  add('type', 'of another type', {}, 'text', 1.5);
  add('type', 'that is null', null);
  add('enum', 'that is none of its values', 'bogus', -1, {});
  add('const', 'that is not its value', 'bogus', -1, {});
  addBrokenTexts(schema, add);
  addBrokenNumbers(schema, add);
  const { minItems = 0, maxItems } = schema;
  if (minItems > 0)
    add('minItems', `with fewer than ${minItems} items`, goodArray(schema, minItems - 1));
  if (maxItems !== undefined) {
    add('maxItems', `with more than ${maxItems} items`, goodArray(schema, maxItems + 1));
  }
  return [...found, ...brokenMembers({ schema, line })];
}

function addBrokenTexts(schema: Schema, add: Add): void {
  const { minLength = 0, maxLength, format } = schema;
  if (minLength > 0) {
    const what = `shorter than ${count(minLength, 'character')}`;
    add('minLength', what, ...textsOf(schema, minLength - 1));
  }
  if (maxLength !== undefined && maxLength < LONGEST) {
    const what = `longer than ${count(maxLength, 'character')}`;
    add('maxLength', what, ...textsOf(schema, maxLength + 1));
  }
  const length = Math.max(minLength, 3);
  const repeated = [' ', '!', 'ä'].map((letter) => letter.repeat(length));
  const odd = ['a\0b', ...repeated, 'a b', '"', 'abc'];
  const fitting = odd.map((text) => text.padEnd(length, text));
  add('pattern', 'that does not match its pattern', ...fitting);
  const matching = textsOf(schema, length).filter((text) => matches(text, schema));
  add('pattern', 'with a space in it', ...matching.map((text) => text.replace(/./, '$& ')));
  add('pattern', 'with a line break at its end', ...matching.map((text) => `${text}\n`));
  add('pattern', 'with a letter that is not ASCII', ...matching.map((text) => `ä${text}`));
  add('format', `that is no ${format}`, 'z'.repeat(length), 'a b', '');
}

/** The pattern alone decides: then a character that is added to the text breaks nothing else. */
function matches(text: string, { pattern }: Schema): boolean {
  return pattern !== undefined && new RegExp(pattern, 'u').test(text);
}

function addBrokenNumbers(schema: Schema, add: Add): void {
  const { minimum, maximum } = schema;
  if (minimum !== undefined) add('minimum', `less than ${minimum}`, minimum - 1);
  if (maximum !== undefined) add('maximum', `greater than ${maximum}`, maximum + 1);
}

function brokenMembers({ schema, line }: Merged): Broken[] {
  const { properties = {}, required = [] } = schema;
  const whole = goodObject(schema);
  const broken = (keyword: string, what: string, member: string, value: object): Broken => {
    const pointer = `/${escapePointer(member)}`;
    return { keyword, what, pointer, value, line: line(keyword) };
  };
  const absent = required.map((member) => {
    const { [member as keyof typeof whole]: _, ...value } = whole;
    return broken('required', 'that is missing', member, value);
  });
  if (schema.additionalProperties !== false || 'bogus' in properties) return absent;
  const unknown = { ...whole, bogus: 1 };
  return [...absent, broken('additionalProperties', 'that is unknown', 'bogus', unknown)];
}

/** Variants of members and items, inside a valid value of the whole. */
function nested(schema: AnySchema, make: (part: AnySchema) => Variant[]): Variant[] {
  const merged = merge(schema);
  const { properties = {}, items } = merged.schema;
  const types = typesOf(merged.schema);
  const members = types.includes('object') ? Object.entries(properties) : [];
  const whole = members.length > 0 ? goodObject(merged.schema) : {};
  const ofMembers = members.flatMap(([name, part]) =>
    make(part).map((variant) => ({
      ...variant,
      pointer: `/${escapePointer(name)}${variant.pointer}`,
      value: { ...whole, [name]: variant.value },
    })),
  );
  if (!items || !types.includes('array')) return ofMembers;
  const ofItems = make(items).map((variant) => ({
    ...variant,
    pointer: `/0${variant.pointer}`,
    value: [variant.value],
  }));
  return [...ofMembers, ...ofItems];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
