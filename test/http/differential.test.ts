// What the compiled validators accept, express-openapi-validator accepts with the same
// values. Requests are generated from the contract's own schemas, valid and slightly wrong, for every
// operation. ROUNDS scales their number. (DIFFERENTIAL=1 does the same with every request of a suite:
// see test/support/compare-validators.ts.)
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileContract, type Operation } from '../../src/http/contract.ts';
import { createFullValidator } from '../../src/http/full-validator.ts';
import { document, listOperations } from '../../src/http/openapi-document.ts';
import type { OperationHandlers } from '../../src/http/operation.ts';
import type { ReceivedRequest } from '../../src/http/request-validators.ts';
import { resolve } from './example-requests.ts';

/** Few cases are always the same ones: some operations accept one of fifteen, so chance may give none. */
const CASES = process.env['ROUNDS']
  ? { numRuns: 60 * Number(process.env['ROUNDS']) }
  : { numRuns: 60, seed: 1 };

const handlers = Object.fromEntries(
  [...listOperations(document)].map(({ operation: { operationId } }) => [operationId, undefined]),
) as unknown as OperationHandlers; // none is called
const operations = compileContract({
  document,
  handlers,
  security: { bearerAuth: async () => ({ rejection: { status: 401 } }) },
});
const validateFully = createFullValidator(document);

/** A JSON Schema of the contract, as far as values are generated from it. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
}

const UUID = '019ab1d0-5c00-7000-8000-000000000001';

/** Texts that are right for most schemas of the contract. */
const goodText = fc.constantFrom(
  ...['ada', 'ada.b-1', 'correct horse battery staple', 'a longer name', 'a'.repeat(64)],
);

/** Texts that are right for some schema of the contract, and texts that are nearly so. */
const text = fc.oneof(
  fc.constantFrom(
    ...['', ' ', 'a', 'ada', 'Buy milk', 'password123', 'correct horse battery staple', 'true'],
    ...['false', 'TRUE', '1', '20', '020', '+5', '1.0', '1e2', '0x10', ' 7', '100', '101', '-1'],
    ...['null', UUID, UUID.toUpperCase(), `{${UUID}}`, 'created_at', '-updated_at', 'id', '"1"'],
    ...['W/"1"', '*', '"1", "2"', 'a'.repeat(64), 'f'.repeat(64), 'é', '日本', '\u0000', '\ud800'],
    ...['\u001f', 'a\tb', '../x', 'a/b', 'a&b=c', 'a+b', '%', '%25', '__proto__', 'constructor'],
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.integer({ min: 0, max: 2100 }).map((length) => 'x'.repeat(length)),
);

const anything: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.boolean(),
  fc.constantFrom(null, 0, 1, -1, 1.5, 1e21, {}, [], ['a'], { a: 1 }),
);

/** Mostly the one, sometimes the other. */
function mostly<T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: usual, weight: 8 }, { arbitrary: other, weight: 1 });
}

/** Mostly a value of the schema, sometimes any other. */
function arbitraryOf(schema: Schema): fc.Arbitrary<unknown> {
  const { type, properties, items, enum: values, format } = resolve(schema);
  const types = [type ?? []].flat();
  const options: fc.Arbitrary<unknown>[] = [];
  if (values) options.push(fc.constantFrom(...values));
  if (format === 'uuid') options.push(fc.uuid());
  if (types.includes('string')) options.push(mostly(goodText, text));
  if (types.includes('boolean')) options.push(fc.boolean());
  if (types.includes('integer')) options.push(fc.integer({ min: -2, max: 110 }));
  if (types.includes('null')) options.push(fc.constant(null));
  if (items) options.push(fc.array(arbitraryOf(items), { maxLength: 3 }));
  if (properties) options.push(objectOf(properties));
  return options.length > 0 ? mostly(fc.oneof(...options), anything) : anything;
}

function objectOf(properties: Record<string, Schema>): fc.Arbitrary<object> {
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, arbitraryOf(schema)]),
  );
  const extra = mostly(fc.constant(undefined), fc.constantFrom('extra', '__proto__', ''));
  const some = fc.record(members, { requiredKeys: [] });
  return fc
    .tuple(fc.oneof(some, fc.record(members)), extra)
    .map(([value, name]) =>
      name === undefined
        ? value
        : JSON.parse(`{"${name}":1,${JSON.stringify(value).slice(1)}`.replace(',}', '}')),
    );
}

const encode = fc.constantFrom<(value: string) => string>(
  (value) => encodeURIComponent(value.toWellFormed()),
  (value) => encodeURI(value.toWellFormed()),
  (value) => new URLSearchParams([['x', value]]).toString().slice(2),
  (value) => value.replaceAll(/[^!-~]/g, ''), // as a careless client writes it
);

function searchOf(names: string[]): fc.Arbitrary<string> {
  const name = mostly(
    fc.constantFrom(...names, ...(names.length > 0 ? [] : ['bogus'])),
    fc.constant('bogus'),
  );
  const pair = fc
    .tuple(name, fc.oneof(text, fc.constantFrom('true', '20', '-updated_at')), encode)
    .map(([key, value, write]) => `${key}=${write(value)}`);
  const odd = fc.constantFrom(
    '',
    '&',
    'limit',
    'limit=',
    '=1',
    'q[a]=1',
    'done=true&done=true',
    '?',
    ...['q=a:b', 'q=a/b', 'q=a+b', 'q=a,b', 'q=a;b', "q='a'", 'q=a=b', 'q=%zz', 'q=a%2Fb', 'Q=a'],
  );
  const query = fc.array(pair, { maxLength: 3 }).map((pairs) => pairs.join('&'));
  return names.length > 0 ? mostly(query, odd) : mostly(fc.constant(''), fc.oneof(query, odd));
}

function receivedBy(operation: Operation): fc.Arbitrary<ReceivedRequest> {
  const source = [...listOperations(document)].find(
    (one) => one.operation.operationId === operation.id,
  );
  const parameters = [
    ...(source?.pathParameters ?? []),
    ...(source?.operation.parameters ?? []),
  ].map((one) => resolve(one));
  const named = (place: string) => parameters.filter((one) => one.in === place);
  const requestBody = source?.operation.requestBody;
  const [media] = Object.values(requestBody ? resolve(requestBody).content : {});
  const types = [...operation.mediaTypes];
  const withBody = fc.record({
    mediaType: fc.constantFrom(...types, ...types, 'application/octet-stream'),
    body: media?.schema ? arbitraryOf(media.schema) : anything,
  });
  const withoutBody = fc.constant({ mediaType: '', body: undefined });
  const headerText = fc
    .oneof(fc.constantFrom('"1"', 'W/"1", "2"', '*', 'a'.repeat(64)), text)
    .map((value) => value.replaceAll(/[^\t -~\u0080-\u00ff]/g, ''));
  return fc
    .record({
      path: fc.record(
        Object.fromEntries(
          named('path').map(({ name }) => [
            name,
            mostly(
              fc.uuid(),
              text.filter((value) => value !== '').map((value) => value.toWellFormed()),
            ),
          ]),
        ),
      ),
      search: searchOf(named('query').map(({ name }) => name)),
      headers: fc.record(
        Object.fromEntries(named('header').map(({ name }) => [name.toLowerCase(), headerText])),
        { requiredKeys: [] },
      ),
      content: operation.mediaTypes.size > 0 ? mostly(withBody, withoutBody) : withoutBody,
    })
    .map(({ content, ...request }) => ({ ...request, ...content }));
}

test.each(operations)(
  '$id: what the compiled validators accept has the same values on both sides',
  async (operation) => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(receivedBy(operation), async (received) => {
        const values = operation.accept(structuredClone(received));
        if (!values) return;
        accepted += 1;
        const verdict = await validateFully(operation, structuredClone(received));
        const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
        expect(plain(verdict)).toEqual(plain({ values }));
      }),
      CASES,
    );
    expect(accepted).toBeGreaterThan(0);
  },
);
