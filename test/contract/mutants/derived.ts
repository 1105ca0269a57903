// Broken servers: faults of every operation that follow from the document.
import { type Operation, operations, resolve } from '../document.ts';
import type { Mutants } from './mutants.ts';
import type { Fault } from './proxy.ts';
import { answer } from './words.ts';

/** The suite causes these wherever an operation declares them. The others are in http.ts. */
const REJECTIONS = [404, 409, 412];

export const derived: Mutants = Object.fromEntries(
  operations.map((operation) => [operation.operationId, Object.fromEntries(faultsOf(operation))]),
);

function* faultsOf({ responses }: Operation): Generator<[what: string, fault: Fault]> {
  for (const [key, declared] of Object.entries(responses)) {
    const status = Number(key);
    if (REJECTIONS.includes(status)) {
      yield [`answers 422 in the place of ${status}`, answer(status, { status: 422 })];
      yield [
        `answers ${status} with another code`,
        answer.body(status, { code: 'wrong_password' }),
      ];
    }
    if (status >= 400) continue;
    const { headers = {}, content } = resolve(declared);
    const other = status === 200 ? 201 : 200;
    yield [`answers ${other} in the place of ${status}`, answer(status, { status: other })];
    for (const [name, header] of Object.entries(headers)) {
      if (!resolve(header).required) continue;
      yield [
        `sends no ${name} with ${status}`,
        answer.headers(status, { [name.toLowerCase()]: undefined }),
      ];
    }
    const { schema = {} } = content?.['application/json'] ?? {};
    const { required = [] } = resolve(resolve(schema).items ?? schema);
    for (const name of required)
      yield [`leaves ${name} out`, answer.body(status, { [name]: undefined })];
    if (required.length > 0) yield ['adds a member', answer.body(status, { added: true })];
  }
}
