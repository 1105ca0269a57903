// openapi.yaml reads well: every part that a reference shows has a text, and the texts have one form.
import { expect, test } from 'vitest';
import { listOperations } from '../../src/http/openapi-document.ts';
import { readContract } from '../support/http.ts';

const contract = readContract();

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** The object at a place; where a reference is, what it leads to, under the texts beside it. */
function at(place: string): Json {
  const steps = place.split('/').slice(1);
  const node = steps.reduce<unknown>((value, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return isObject(value) ? resolve(value)[name] : undefined;
  }, contract);
  if (!isObject(node)) throw new Error(`the contract has nothing at ${place}`);
  return resolve(node);
}

function resolve({ $ref, ...beside }: Json): Json {
  return typeof $ref === 'string' ? { ...at($ref.slice(1)), ...beside } : beside;
}

function placesIn(place: string): string[] {
  return Object.keys(at(place)).map(
    (name) => `${place}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  );
}

/** A schema and all that it consists of: properties and items. */
function schemasIn(place: string): string[] {
  const { properties, items } = at(place);
  const parts = [
    ...(isObject(properties) ? placesIn(`${place}/properties`) : []),
    ...(isObject(items) && !('$ref' in items) ? [`${place}/items`] : []),
  ];
  return [place, ...parts];
}

const operations = [...listOperations(contract)].map(({ path, method }) => ({
  path: `/paths/${path.replaceAll('/', '~1')}`,
  operation: `/paths/${path.replaceAll('/', '~1')}/${method}`,
}));

const parameters = [
  ...new Set(operations.flatMap(({ path, operation }) => [path, operation])),
].flatMap((place) => ('parameters' in at(place) ? placesIn(`${place}/parameters`) : []));

const responses = operations.flatMap(({ operation }) => placesIn(`${operation}/responses`));

const headers = responses.flatMap((place) =>
  'headers' in at(place) ? placesIn(`${place}/headers`) : [],
);

const schemas = placesIn('/components/schemas').flatMap(schemasIn);

/** A sentence, or a table or list of them. */
const SENTENCES = /^[A-Z`0-9].*[.|]$/s;

test.each([
  ...operations.map(({ operation }) => operation),
  ...parameters,
  ...responses,
  ...headers,
  ...schemas,
  ...placesIn('/tags'),
  ...placesIn('/components/securitySchemes'),
])('%s has a description in sentences', (place) => {
  expect(`${at(place)['description'] ?? ''}`.trim()).toMatch(SENTENCES);
});

/** What a summary begins with. */
const VERBS = [
  ...['Create', 'Get', 'List', 'Replace', 'Update', 'Delete'],
  ...['Register', 'Sign', 'Rotate', 'Change', 'Revoke', 'Check'],
];

test.each(operations)('the summary of $operation is a verb and its object', ({ operation }) => {
  const { summary } = at(operation);
  const [verb = '', ...object] = `${summary}`.split(' ');
  expect(VERBS).toContain(verb);
  expect(object.join(' ')).toMatch(/^[a-z][^.]*[a-z]$/);
});

test('no two operations have the same summary', () => {
  const summaries = operations.map(({ operation }) => at(operation)['summary']);
  expect(new Set(summaries).size).toBe(summaries.length);
});
