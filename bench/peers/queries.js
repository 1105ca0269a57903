// The queries of the Fastify and Express peers.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';

const IDLE_LIFETIME_MS = 30 * 86_400_000;
const TODO_COLUMNS = ['id', 'title', 'description', 'done', 'version', 'created_at', 'updated_at'];

export function findLiveSession(db, sessionId) {
  const now = Date.now();
  return db
    .selectFrom('sessions')
    .select(['id', 'user_id as userId'])
    .where('id', '=', sessionId)
    .where('revoked_at', 'is', null)
    .where('idle_expires_at', '>', now)
    .where('absolute_expires_at', '>', now)
    .executeTakeFirst();
}

/** One page of todos, and the `Link` header of the next page, if there is one. */
export async function listTodos(db, userId, { done, q, sort = 'created_at', limit = 20, cursor }) {
  const direction = sort.startsWith('-') ? 'desc' : 'asc';
  const column = sort.endsWith('created_at') ? 'created_at' : 'updated_at';
  let query = db.selectFrom('todos').select(TODO_COLUMNS).where('user_id', '=', userId);
  if (done !== undefined) query = query.where('done', '=', Number(done));
  if (q !== undefined) {
    const pattern = `%${q.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
    query = query.where(sql`search_text like ${pattern} escape '\\'`);
  }
  if (cursor !== undefined) {
    const [at, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const operator = direction === 'asc' ? '>' : '<';
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple(column, 'id'), operator, tuple(at, id)),
    );
  }
  const rows = await query
    .orderBy(column, direction)
    .orderBy('id', direction)
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  if (rows.length <= limit) return { todos: page.map(toTodo) };
  const last = page.at(-1);
  const next = Buffer.from(JSON.stringify([last[column], last.id])).toString('base64url');
  const parameters = new URLSearchParams({ sort, limit: String(limit), cursor: next });
  if (done !== undefined) parameters.set('done', String(done));
  if (q !== undefined) parameters.set('q', q);
  return { todos: page.map(toTodo), link: `</todos?${parameters}>; rel="next"` };
}

export async function findTodo(db, userId, id) {
  const row = await db
    .selectFrom('todos')
    .select(TODO_COLUMNS)
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row && { todo: toTodo(row), version: row.version };
}

export async function createTodo(db, userId, { title, description = '', done = false }) {
  const now = Date.now();
  const row = {
    id: randomUUID(),
    user_id: userId,
    title,
    description,
    done: Number(done),
    search_text: `${title}\u001f${description}`.toLowerCase(),
    version: 1,
    created_at: now,
    updated_at: now,
  };
  await db.insertInto('todos').values(row).execute();
  return { todo: toTodo(row), version: row.version };
}

/** Replaces a refresh token and stores the spent one, in one transaction. */
export function rotateRefreshToken(db, token) {
  const hash = hashToken(token);
  const refreshToken = randomBytes(32).toString('hex');
  return db.transaction().execute(async (transaction) => {
    const now = Date.now();
    const session = await transaction
      .updateTable('sessions')
      .set({
        token_hash: hashToken(refreshToken),
        spent_hash: hash,
        spent_at: now,
        last_used_at: now,
        idle_expires_at: now + IDLE_LIFETIME_MS,
      })
      .where('token_hash', '=', hash)
      .where('revoked_at', 'is', null)
      .where('idle_expires_at', '>', now)
      .where('absolute_expires_at', '>', now)
      .returning(['id', 'user_id as userId'])
      .executeTakeFirst();
    if (!session) return undefined;
    await transaction
      .insertInto('spent_refresh_tokens')
      .values({ token_hash: hash, session_id: session.id })
      .execute();
    const { username } = await transaction
      .selectFrom('users')
      .select('username')
      .where('id', '=', session.userId)
      .executeTakeFirstOrThrow();
    return { sessionId: session.id, username, refreshToken };
  });
}

function hashToken(token) {
  return createHash('sha256').update(token).digest('hex');
}

function toTodo(row) {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    done: row.done === 1,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}
