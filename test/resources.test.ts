// What a user adds with any operation of the contract is in their export and in a copy of the
// database, and is deleted with the user. A new resource needs no line for it.
import { describe, expect, test } from 'vitest';
import { exportPersonalData } from '../src/cli/personal-data.ts';
import type { Db } from '../src/database/connect.ts';
import { copyDatabase } from '../src/database/copy.ts';
import { isOwnedTable, TABLE_NAMES } from '../src/database/schema.ts';
import { collections } from './http/example-requests.ts';
import { freshFile } from './support/database.ts';
import { send } from './support/http.ts';
import { startSharedService } from './support/service.ts';
import { signUp } from './support/users.ts';

const service = await startSharedService();

/** Adds the contract's example as a new user. */
async function add(path: string, body: unknown) {
  const username = `user-${crypto.randomUUID()}`;
  const { access_token: token } = await signUp(service, username);
  const answer = await send(service, { method: 'POST', path, token, body });
  expect(answer.status).toBe(201);
  const { id } = await answer.json();
  const find = service.db.selectFrom('users').select('id').where('username', '=', username);
  return { token, id, userId: (await find.executeTakeFirstOrThrow()).id };
}

/** The rows of users by their tables, but for their sessions. */
async function rowsIn(db: Db) {
  const tables = TABLE_NAMES.filter(isOwnedTable).filter((table) => table !== 'sessions');
  const rows = tables.map(async (table) => ({
    table,
    rows: await db.selectFrom(table).selectAll().execute(),
  }));
  return Promise.all(rows);
}

async function tablesWith(db: Db, value: string) {
  const tables = await rowsIn(db);
  return tables
    .filter(({ rows }) => JSON.stringify(rows).includes(value))
    .map(({ table }) => table);
}

describe.each(collections)('a new item of $path', ({ path, body }) => {
  test("is in the user's export", async () => {
    const { id, userId } = await add(path, body);
    const [table] = await tablesWith(service.db, id);
    const exported = await Array.fromAsync(exportPersonalData(service.db, userId, 0));
    const data: Record<string, unknown> = JSON.parse(exported.join(''));
    expect(data[String(table)]).toEqual([expect.objectContaining({ id })]);
  });

  test('is in a copy of the database', async () => {
    const { id } = await add(path, body);
    await using target = freshFile();
    await using stack = new AsyncDisposableStack();
    const copy = stack.adopt(target.connect(), (handle) => handle.destroy());
    await copyDatabase(service.db, copy, () => undefined);
    expect(await tablesWith(copy, id)).toEqual(await tablesWith(service.db, id));
    expect(await tablesWith(copy, id)).toHaveLength(1);
  });

  test('is deleted with the user', async () => {
    const { token, userId } = await add(path, body);
    expect(await tablesWith(service.db, userId)).toHaveLength(1);
    const password = { current_password: 'correct horse battery staple' };
    await send(service, { method: 'DELETE', path: '/auth/me', token, body: password });
    expect(await tablesWith(service.db, userId)).toEqual([]);
  });
});
