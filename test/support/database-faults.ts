// A database whose statements fail, or are observed.
import { type DatabaseConnection, type Driver, Kysely } from 'kysely';
import { vi } from 'vitest';
import type { Db } from '../../src/database/connect.ts';
import type { Database } from '../../src/database/schema.ts';
import { databaseError, driverMethods, openCarelessly } from './database.ts';

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

/** Runs before and after each statement, `begin`, `commit` and `rollback` included. */
export interface StatementHook {
  before?(sql: string): Promise<void> | void;
  after?(sql: string): Promise<void> | void;
}

/** The database as the service has it, careless (see `openCarelessly`), and calling a hook. */
export function hookedDb(url: string, hook: StatementHook): Db {
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

function hookedDriver(driver: Driver, hook: StatementHook): Driver {
  const inner = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const hooked = (connection: DatabaseConnection): DatabaseConnection => ({
    async executeQuery<R>(query: Parameters<DatabaseConnection['executeQuery']>[0]) {
      await hook.before?.(query.sql);
      const result = await connection.executeQuery<R>(query);
      await hook.after?.(query.sql);
      return result;
    },
    streamQuery: (...query) => connection.streamQuery(...query),
  });
  const innerOf = (connection: DatabaseConnection) => inner.get(connection) ?? connection;
  return {
    init: () => driver.init(),
    async acquireConnection() {
      const connection = await driver.acquireConnection();
      const outer = hooked(connection);
      inner.set(outer, connection);
      return outer;
    },
    beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
    commitTransaction: (connection) => driver.commitTransaction(connection),
    // Its own way out of a fault: no hook, and a driver that knows its connection.
    rollbackTransaction: (connection) => driver.rollbackTransaction(innerOf(connection)),
    releaseConnection: (connection) => driver.releaseConnection(innerOf(connection)),
    destroy: () => driver.destroy(),
  };
}
