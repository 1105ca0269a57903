import { type Compilable, type CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { Db } from './connect.ts';

/** The place of a value in a compiled query. @returns undefined if the value is undefined */
export type Parameter<Values> = <Name extends keyof Values>(
  name: Name,
) => RawBuilder<NonNullable<Values[Name]>> | Extract<Values[Name], undefined>;

/**
 * Builds and compiles a query once for each dialect and shape, because that takes longer than to run
 * most queries. The shape is the names of the values that are not undefined, and what `shape` adds.
 * @param build builds the query with `parameter(name)` in the place of each value
 * @returns a function that executes the query with values
 */
export function compiledQuery<Values extends object, Row, Shape extends string[] = []>(
  build: (db: Db, parameter: Parameter<Values>, ...shape: Shape) => Compilable<Row>,
): (db: Db, values: Values, ...shape: Shape) => Promise<Row[]> {
  const queries = new Map<string, CompiledQuery<Row>>();
  return async (db, values, ...shape) => {
    let key = `${db.getExecutor().adapter.constructor.name} ${shape}`;
    for (const name in values) if (values[name] !== undefined) key += ` ${name}`;
    let query = queries.get(key);
    if (!query) {
      // Until the query is executed, a symbol stands for each value, and has its type.
      const parameter = (name: string & keyof Values) =>
        values[name] === undefined ? undefined : sql`${Symbol(name)}`;
      query = build(db, parameter as Parameter<Values>, ...shape).compile();
      queries.set(key, query);
    }
    // The description of a symbol is the name of its value.
    const parameters = query.parameters.map((parameter) =>
      typeof parameter === 'symbol' ? values[parameter.description as keyof Values] : parameter,
    );
    const { rows } = await db.executeQuery<Row>({ ...query, parameters });
    return rows;
  };
}
