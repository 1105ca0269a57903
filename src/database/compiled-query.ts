import { type Compilable, type CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { Db } from './connect.ts';

/** Takes the place of a value until the query is executed. */
class Placeholder {
  readonly name: PropertyKey;

  constructor(name: PropertyKey) {
    this.name = name;
  }
}

/** Names a parameter of a compiled query. */
export type Parameter<Values> = <Name extends keyof Values & string>(
  name: Name,
) => RawBuilder<Values[Name]>;

/**
 * Builds and compiles a query once for each dialect, because that takes longer than many queries do.
 * @param build builds the query with `parameter(name)` in the place of each value
 * @returns a function that executes the query with values
 */
export function compiledQuery<Values extends object, Row>(
  build: (db: Db, parameter: Parameter<Values>) => Compilable<Row>,
): (db: Db, values: Values) => Promise<Row[]> {
  const byDialect = new WeakMap<object, CompiledQuery<Row>>();
  return async (db, values) => {
    const { adapter } = db.getExecutor();
    let query = byDialect.get(adapter);
    if (!query) {
      query = build(db, (name) => sql`${new Placeholder(name)}`).compile();
      byDialect.set(adapter, query);
    }
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Placeholder ? values[parameter.name as keyof Values] : parameter,
    );
    const { rows } = await db.executeQuery<Row>({ ...query, parameters });
    return rows;
  };
}

/** Compiles a query once for each shape that it can have: its order and its conditions. */
export function compiledQueryByShape<
  Shape extends Record<keyof Shape, string | boolean>,
  Values extends object,
  Row,
>(
  build: (db: Db, parameter: Parameter<Values>, shape: Shape) => Compilable<Row>,
): (db: Db, shape: Shape, values: Values) => Promise<Row[]> {
  const queries = new Map<string, ReturnType<typeof compiledQuery<Values, Row>>>();
  return (db, shape, values) => {
    const key = Object.values(shape).join();
    let query = queries.get(key);
    if (!query) {
      query = compiledQuery((handle, parameter) => build(handle, parameter, shape));
      queries.set(key, query);
    }
    return query(db, values);
  };
}
