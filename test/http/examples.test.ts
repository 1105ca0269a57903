// The examples of openapi.yaml are what people see first, what the mock answers and what Schemathesis
// begins with: every one of them is valid, and there is one of everything.
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { listOperations } from '../../src/http/openapi-document.ts';
import { readContract } from '../support/http.ts';

const contract = readContract();

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
addFormats.default(ajv, { mode: 'full' });
ajv.addSchema(contract, 'contract');

/** What is wrong with a value by the schema at that place of the contract. */
function faults(place: string, value: unknown): unknown {
  const validate = ajv.compile({ $ref: `contract#${place}` });
  return validate(value) ? [] : validate.errors;
}

const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** The object at a place, and that place; a reference is followed. */
function at(place: string): { place: string; node: Json } {
  let node: unknown = contract;
  for (const part of place.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isObject(node)) node = node[name];
  }
  if (!isObject(node)) throw new Error(`the contract has nothing at ${place}`);
  return typeof node['$ref'] === 'string' ? at(node['$ref'].slice(1)) : { place, node };
}

/** A value, and the place of the schema that it is an example of. */
interface Example {
  name: string;
  schema: string;
  value: unknown;
}

/** All examples of the document, beside a schema or inside of one. */
function* examplesIn(place: string, node: unknown): Generator<Example> {
  if (!isObject(node)) return;
  yield* examplesOf(place, node);
  for (const [name, child] of Object.entries(node)) {
    yield* examplesIn(`${place}/${escaped(name)}`, child);
  }
}

/** The examples of one media type, parameter, header or schema. */
function* examplesOf(place: string, node: Json): Generator<Example> {
  const schema = `${place}/schema`;
  if (isObject(node['schema'])) {
    if ('example' in node) yield { name: place, schema, value: node['example'] };
    yield* schemaExamplesOf(at(schema));
    for (const name of Object.keys(isObject(node['examples']) ? node['examples'] : {})) {
      const value = at(`${place}/examples/${escaped(name)}`).node['value'];
      yield { name: `${place} ${name}`, schema, value };
    }
  } else if ('type' in node) {
    if ('default' in node)
      yield { name: `${place} default`, schema: place, value: node['default'] };
    yield* schemaExamplesOf({ place, node });
  }
}

/** The examples that a schema has itself: a reference shows them, and sends none of them. */
function* schemaExamplesOf({ place, node }: { place: string; node: Json }): Generator<Example> {
  const values = Array.isArray(node['examples']) ? node['examples'] : [];
  for (const value of values) yield { name: `${place} ${value}`, schema: place, value };
}

const examples = [...examplesIn('', contract)];

test.each(examples.map((example) => [example.name, example] as const))(
  '%s is valid',
  (_, { schema, value }) => {
    expect(faults(schema, value)).toEqual([]);
  },
);

describe('openapi.yaml has an example', () => {
  const operations = [...listOperations(contract)].map(({ path, method }) => ({
    operation: `/paths/${escaped(path)}/${method}`,
    inputs: [`/paths/${escaped(path)}`, `/paths/${escaped(path)}/${method}`],
  }));

  const contents = operations.flatMap(({ operation }) => {
    const { requestBody, responses } = at(operation).node;
    return [
      ...(requestBody ? [`${operation}/requestBody`] : []),
      ...Object.keys(isObject(responses) ? responses : {}).map(
        (status) => `${operation}/responses/${status}`,
      ),
    ];
  });
  test.each(contents)('of every body of %s', (reference) => {
    const { place, node } = at(reference);
    for (const type of Object.keys(isObject(node['content']) ? node['content'] : {})) {
      const media = at(`${place}/content/${escaped(type)}`);
      expect([...examplesOf(media.place, media.node)]).not.toEqual([]);
    }
  });

  test.each(contents.filter((place) => place.includes('/responses/')))(
    'of every header of %s',
    (reference) => {
      const { place, node } = at(reference);
      for (const name of Object.keys(isObject(node['headers']) ? node['headers'] : {})) {
        const header = at(`${place}/headers/${name}`);
        expect([...examplesOf(header.place, header.node)]).not.toEqual([]);
      }
    },
  );

  test('of every parameter except Authorization and cursor', () => {
    const without = operations.flatMap(({ inputs }) =>
      inputs.flatMap((input) => {
        const { parameters } = at(input).node;
        return (Array.isArray(parameters) ? parameters : [])
          .map((_, index) => at(`${input}/parameters/${index}`))
          .filter(({ place, node }) => [...examplesOf(place, node)].length === 0)
          .map(({ node }) => node['name']);
      }),
    );
    expect(new Set(without)).toEqual(new Set(['Refresh-Token', 'cursor']));
  });

  test('for every schema', () => {
    const shown = new Set<string>();
    for (const { schema, value } of examples) show(schema, value, shown);
    const names = Object.keys(contract.components?.schemas ?? {});
    expect(names.filter((name) => !shown.has(`/components/schemas/${name}`))).toEqual([]);
  });
});

/** Collects the places of the schemas that a value and its parts are described by. */
function show(schema: string, value: unknown, shown: Set<string>): void {
  const { place, node } = at(schema);
  shown.add(place);
  if (Array.isArray(value)) {
    for (const item of value) show(`${place}/items`, item, shown);
  } else if (isObject(value) && isObject(node['properties'])) {
    for (const [name, part] of Object.entries(value)) {
      show(`${place}/properties/${escaped(name)}`, part, shown);
    }
  }
}

test('an invalid example is detected', () => {
  const schema = '/components/schemas/NewUser';
  expect(faults(schema, { username: 'ada', password: 'correct horse battery staple' })).toEqual([]);
  for (const password of ['short', 'with a null \0 in it']) {
    expect(faults(schema, { username: 'ada', password })).not.toEqual([]);
  }
});
