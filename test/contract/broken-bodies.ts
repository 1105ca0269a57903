// Bodies that break the schema of their operation in one place each.
import { type OperationId, operationOf, resolve, type Schema } from './document.ts';
import { goodBody } from './requests.ts';

export interface BrokenBody {
  body: string;
  /** Where the fault is; a missing or unknown member may also be the fault of what lacks or has it. */
  pointers: string[];
}

export async function brokenBodies(id: OperationId): Promise<BrokenBody[]> {
  const [content] = Object.values(operationOf(id).requestBody?.content ?? {});
  const { properties = {}, required = [] } = resolve<Schema>(content?.schema ?? {});
  const good = await goodBody(id);
  const broken = (changes: object, ...pointers: string[]) => ({
    body: JSON.stringify({ ...good, ...changes }),
    pointers,
  });
  return [
    { body: '{', pointers: [''] },
    { body: '[]', pointers: [''] },
    broken({ bogus: 1 }, '/bogus', ''),
    ...required.map((name) => broken({ [name]: undefined }, `/${name}`, '')),
    ...Object.entries(properties).flatMap(([name, schema]) =>
      badValues(resolve(schema)).map((value) => broken({ [name]: value }, `/${name}`)),
    ),
  ];
}

function badValues({ minLength = 0, maxLength }: Schema): unknown[] {
  return [
    {},
    ...(minLength > 0 ? ['x'.repeat(minLength - 1)] : []),
    ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]),
  ];
}
