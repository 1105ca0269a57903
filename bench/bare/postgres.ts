import pg from 'pg';
import { type Run, STATEMENTS, type Statement } from './store.ts';

/** The same as the service's default DATABASE_POOL_SIZE. */
const POOL_SIZE = 10;

export function openPostgres(connectionString: string): Run {
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE });
  return async (first, ...others) => {
    if (others.length === 0) return run(pool, first);
    const client = await pool.connect();
    try {
      await client.query('begin');
      const rows = await run(client, first);
      for (const statement of others) await run(client, statement);
      await client.query('commit');
      return rows;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  };
}

/** The name lets a connection prepare the statement once. */
async function run(client: pg.Pool | pg.PoolClient, [name, ...values]: Statement) {
  const { rows } = await client.query({ name, text: STATEMENTS[name], values });
  return rows;
}
