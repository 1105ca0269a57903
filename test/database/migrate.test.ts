import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { connect } from '../../src/database/connect.ts';
import { migrate } from '../../src/database/migrate.ts';

const memory = () => connect({ engine: 'sqlite', path: ':memory:' });

test('a migration that fails half-way has changed nothing, and can be done again', async () => {
  const db = memory();
  await sql`create table secrets (obstacle integer)`.execute(db);
  await expect(migrate(db)).rejects.toThrow('already exists');
  await sql`drop table secrets`.execute(db);
  await migrate(db);
  expect(await db.selectFrom('users').selectAll().execute()).toEqual([]);
  await db.destroy();
});

test('a new database is filled once, together with its tables or not at all', async () => {
  const db = memory();
  const fault = async () => {
    throw new Error('no filling');
  };
  await expect(migrate(db, fault)).rejects.toThrow('no filling');
  let fillings = 0;
  const fill = async () => {
    fillings += 1;
  };
  await migrate(db, fill);
  await migrate(db, fill);
  expect(fillings).toBe(1);
  await db.destroy();
});
