// The new resource's files in src and test.
import type { Field } from './fields.ts';
import { type Names, withArticle } from './names.ts';

export function generateMigration({ table, words }: Names, fields: Field[]): string {
  const column = ({ name, type }: Field) =>
    `      .addColumn('${name}', '${type.column}', (column) => column.notNull())\n`;
  return `\
import type { Kysely } from 'kysely';
import type { ReversibleMigration } from '../migrate.ts';

/** Adds the ${words.many} of users. */
export const migration: ReversibleMigration = {
  destroys: ['${table}'],

  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('${table}')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) =>
        column.notNull().references('users.id').onDelete('cascade'),
      )
${fields.map(column).join('')}\
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('${table}_user')
      .on('${table}')
      .columns(['user_id', 'id'])
      .execute();
  },

  async down(db: Kysely<unknown>) {
    await db.schema.dropTable('${table}').execute();
  },
};
`;
}

export function generateRowType({ one }: Names, fields: Field[]): string {
  return `
export interface ${one}Table {
  id: string;
  user_id: string;
${fields.map(({ name, type }) => `  ${name}: ${type.row};\n`).join('')}\
  created_at: number;
  updated_at: number;
}
`;
}

export function generateRepository({ table, one, many, words }: Names, fields: Field[]): string {
  const columns = fields.map(({ name }) => `'${name}'`).join(' | ');
  return `\
import { v7 as uuid } from 'uuid';
import type { Db } from '../database/connect.ts';
import type { ${one}Table } from '../database/schema.ts';

export type ${one}Content = Pick<${one}Table, ${columns}>;

/** The user's ${words.many} after a cursor, the oldest first: the ids are in order of creation. */
export function list${many}(
  db: Db,
  userId: string,
  { after, limit }: { after: string; limit: number },
): Promise<${one}Table[]> {
  return db
    .selectFrom('${table}')
    .selectAll()
    .where('user_id', '=', userId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
}

export function create${one}(
  db: Db,
  userId: string,
  content: ${one}Content,
  now: number,
): Promise<${one}Table> {
  return db
    .insertInto('${table}')
    .values({ id: uuid(), user_id: userId, ...content, created_at: now, updated_at: now })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** @returns undefined if the user has no such ${words.one} */
export function find${one}(db: Db, userId: string, id: string): Promise<${one}Table | undefined> {
  return db
    .selectFrom('${table}')
    .selectAll()
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
}

/** @returns undefined if the user has no such ${words.one} */
export function replace${one}(
  db: Db,
  userId: string,
  id: string,
  content: ${one}Content,
  now: number,
): Promise<${one}Table | undefined> {
  return db
    .updateTable('${table}')
    .set({ ...content, updated_at: now })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .returningAll()
    .executeTakeFirst();
}

/** @returns false if the user has no such ${words.one} */
export async function delete${one}(db: Db, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('${table}')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
`;
}

export function generateHandlers(names: Names, fields: Field[]): string {
  const { path, id, one, many, variable, words } = names;
  const parameters = fields.map(({ name, type, isOptional }) =>
    isOptional ? `${name} = ${type.default.replaceAll('"', "'")}` : name,
  );
  const columns = fields.map(({ name, type }) => {
    const value = type.toColumn(name);
    return value === name ? name : `${name}: ${value}`;
  });
  const members = fields.map(({ name, type }) => `    ${name}: ${type.toBody(`row.${name}`)},\n`);
  return `\
import type { Db } from '../database/connect.ts';
import type { ${one}Table } from '../database/schema.ts';
import type { OperationHandlers, Schema } from '../http/operation.ts';
import { problem } from '../http/problem.ts';
import { formatTimestamp } from '../timestamp.ts';
import {
  create${one},
  delete${one},
  find${one},
  list${many},
  type ${one}Content,
  replace${one},
} from './repository.ts';

/** The operations of the tag \`${path}\`. */
export function ${variable}Handlers({ db, now }: { db: Db; now: () => number }) {
  return {
    async list${many}({ principal, query }) {
      const { limit = 20, cursor = '' } = query;
      const after = cursor.toLowerCase();
      const rows = await list${many}(db, principal.userId, { after, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const next = \`</${path}?limit=\${limit}&cursor=\${page.at(-1)?.id}>; rel="next"\`;
      const headers = rows.length > limit ? { Link: next } : {};
      return { status: 200, headers, body: page.map(toBody) };
    },

    async create${one}({ principal, body }) {
      const row = await create${one}(db, principal.userId, toContent(body), now());
      return { status: 201, headers: { Location: \`/${path}/\${row.id}\` }, body: toBody(row) };
    },

    async get${one}({ principal, path }) {
      const row = await find${one}(db, principal.userId, path.${id}.toLowerCase());
      return row ? { status: 200, body: toBody(row) } : notFound();
    },

    async replace${one}({ principal, path, body }) {
      const id = path.${id}.toLowerCase();
      const row = await replace${one}(db, principal.userId, id, toContent(body), now());
      return row ? { status: 200, body: toBody(row) } : notFound();
    },

    async delete${one}({ principal, path }) {
      const isDeleted = await delete${one}(db, principal.userId, path.${id}.toLowerCase());
      return isDeleted ? { status: 204 } : notFound();
    },
  } satisfies Partial<OperationHandlers>;
}

function toContent({ ${parameters.join(', ')} }: Schema<'New${one}'>): ${one}Content {
  return { ${columns.join(', ')} };
}

function toBody(row: ${one}Table): Schema<'${one}'> {
  return {
    id: row.id,
${members.join('')}\
    created_at: formatTimestamp(row.created_at),
    updated_at: formatTimestamp(row.updated_at),
  };
}

function notFound() {
  return problem(404, 'not_found', 'There is no such ${words.one}');
}
`;
}

export function generateTest(names: Names, fields: Field[]): string {
  const { path, id, one, words } = names;
  const body = (which: 'example' | 'otherExample', some = fields) =>
    `{ ${some.map(({ name, type }) => `${name}: ${literal(type[which](name))}`).join(', ')} }`;
  const required = fields.filter(({ isOptional }) => !isOptional);
  const defaults = fields
    .filter(({ isOptional }) => isOptional)
    .map(({ name, type }) => `${name}: ${type.default.replaceAll('"', "'")}`);
  return `\
import { expect, test } from 'vitest';
import { nextCursor } from '../../src/client/pagination.ts';
import { startSharedService } from '../support/service.ts';
import { newUserClient } from '../support/users.ts';

const ${upperSnake(one)} = ${body('example')};

const service = await startSharedService();

type Client = Awaited<ReturnType<typeof newUserClient>>;

async function create(client: Client, body = ${upperSnake(one)}) {
  const { data, response } = await client.POST('/${path}', { body });
  if (!data) throw new Error(\`status \${response.status}\`);
  return { created: data, response, params: { path: { ${id}: data.id } } };
}

test('${withArticle(words.one)} is created, found, replaced and deleted', async () => {
  const client = await newUserClient(service);
  const { created, response, params } = await create(client);
  expect(created).toMatchObject(${upperSnake(one)});
  expect(response.headers.get('Location')).toBe(\`/${path}/\${created.id}\`);
  expect((await client.GET('/${path}/{${id}}', { params })).data).toEqual(created);

  const body = ${body('otherExample', required)};
  service.clock.advance(1);
  const { data } = await client.PUT('/${path}/{${id}}', { params, body });
  const { id, created_at } = created;
  expect(data).toEqual({ ...${['body', ...defaults].join(', ')}, id, created_at, updated_at: expect.any(String) });
  expect(data?.updated_at).not.toBe(created_at);
  expect((await client.GET('/${path}')).data).toEqual([data]);

  expect((await client.DELETE('/${path}/{${id}}', { params })).response.status).toBe(204);
  expect((await client.GET('/${path}')).data).toEqual([]);
});

test('${words.many} are listed in pages, the oldest first', async () => {
  const client = await newUserClient(service);
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) ids.push((await create(client)).created.id);
  const first = await client.GET('/${path}', { params: { query: { limit: 2 } } });
  expect(first.data?.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  const cursor = nextCursor(first.response);
  if (cursor === undefined) throw new Error('there is no second page');
  const second = await client.GET('/${path}', { params: { query: { limit: 2, cursor } } });
  expect(second.data?.map(({ id }) => id)).toEqual(ids.slice(2));
  expect(nextCursor(second.response)).toBeUndefined();
});

test("another user's ${words.one} is not found and not changed", async () => {
  const [owner, other] = [await newUserClient(service), await newUserClient(service)];
  const { created, params } = await create(owner);
  const answers = [
    await other.GET('/${path}/{${id}}', { params }),
    await other.PUT('/${path}/{${id}}', { params, body: ${upperSnake(one)} }),
    await other.DELETE('/${path}/{${id}}', { params }),
  ];
  for (const { response, error } of answers) {
    expect(response.status).toBe(404);
    expect(error).toMatchObject({ code: 'not_found', detail: 'There is no such ${words.one}' });
  }
  expect((await other.GET('/${path}')).data).toEqual([]);
  expect((await owner.GET('/${path}')).data).toEqual([created]);
});
`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function upperSnake(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
