// A database whose statements fail, or are observed.
import { type DatabaseConnection, type Driver, Kysely, type RootOperationNode } from 'kysely';
import { vi } from 'vitest';
import type { Db } from '../../src/database/connect.ts';
import { migrate } from '../../src/database/migrate.ts';
import type { Database } from '../../src/database/schema.ts';
import { databaseError, driverMethods, freshDatabase, openCarelessly } from './database.ts';

/** The database answers nothing but errors, up to the end of the `using` block. */
export function breakDatabase(code: string): Disposable {
  const fail = () => {
    throw databaseError(code, 'the disk is on fire');
  };
  const { target, names } = driverMethods();
  const spies = names.map((name) => vi.spyOn(target, name).mockImplementation(fail));
  return {
    [Symbol.dispose]() {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

/** A statement, by what it does. */
export type Statement = 'begin' | 'commit' | RootOperationNode['kind'];

/** Runs before and after each statement, except for a rollback: the service's own way out of a fault. */
interface StatementHook {
  before?(statement: Statement): Promise<void> | void;
  after?(statement: Statement): Promise<void> | void;
}

/** The database as the service has it, careless (see `openCarelessly`), and calling a hook. */
export function hookedDb(url: string, hook: StatementHook = {}): Db {
  const dialect = openCarelessly(url);
  return new Kysely<Database>({
    dialect: {
      createDriver: () => hookedDriver(dialect.createDriver(), hook),
      createAdapter: () => dialect.createAdapter(),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createQueryCompiler: () => dialect.createQueryCompiler(),
    },
  });
}

function hookedDriver(driver: Driver, { before, after }: StatementHook): Driver {
  const inner = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const innerOf = (connection: DatabaseConnection) => inner.get(connection) ?? connection;
  async function hooked<T>(statement: Statement, run: () => Promise<T>): Promise<T> {
    await before?.(statement);
    const result = await run();
    await after?.(statement);
    return result;
  }
  return {
    init: () => driver.init(),
    async acquireConnection() {
      const connection = await driver.acquireConnection();
      const outer: DatabaseConnection = {
        executeQuery: (query) => hooked(query.query.kind, () => connection.executeQuery(query)),
        streamQuery: (...query) => connection.streamQuery(...query),
      };
      inner.set(outer, connection);
      return outer;
    },
    beginTransaction: (connection, settings) =>
      hooked('begin', () => driver.beginTransaction(innerOf(connection), settings)),
    commitTransaction: (connection) =>
      hooked('commit', () => driver.commitTransaction(innerOf(connection))),
    rollbackTransaction: (connection) => driver.rollbackTransaction(innerOf(connection)),
    releaseConnection: (connection) => driver.releaseConnection(innerOf(connection)),
    destroy: () => driver.destroy(),
  };
}

/** A fresh database with its tables, opened by `hookedDb`. */
export async function migratedDatabase(hook?: StatementHook) {
  await using stack = new AsyncDisposableStack();
  const { url } = stack.use(await freshDatabase());
  const db = stack.use(hookedDb(url, hook));
  await migrate(db);
  const opened = stack.move();
  return { url, db, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
