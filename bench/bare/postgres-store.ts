import pg from 'pg';
import {
  createRefreshToken,
  hashToken,
  IDLE_LIFETIME_MS,
  type Store,
  searchText,
  type TodoRow,
} from './store.ts';

/** The same as the service's default DATABASE_POOL_SIZE. */
const POOL_SIZE = 10;

const COLUMNS = 'id, title, description, done, version, created_at, updated_at';

/** Every statement has a name, so that a connection prepares it once. */
export function openPostgresStore(connectionString: string): Store {
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE });
  return {
    async findLiveSession(sessionId) {
      const { rows } = await pool.query<{ user_id: string }>({
        name: 'find_session',
        text: `select user_id from sessions where id = $1 and revoked_at is null
                 and idle_expires_at > $2 and absolute_expires_at > $2`,
        values: [sessionId, Date.now()],
      });
      return rows[0]?.user_id;
    },
    async listTodos(userId) {
      const { rows } = await pool.query<TodoRow>({
        name: 'list_todos',
        text: `select ${COLUMNS} from todos where user_id = $1 order by created_at, id limit 20`,
        values: [userId],
      });
      return rows;
    },
    async findTodo(userId, id) {
      const { rows } = await pool.query<TodoRow>({
        name: 'find_todo',
        text: `select ${COLUMNS} from todos where id = $1 and user_id = $2`,
        values: [id, userId],
      });
      return rows[0];
    },
    insertTodo: (userId, row) =>
      pool.query({
        name: 'insert_todo',
        text: `insert into todos (${COLUMNS}, user_id, search_text)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        values: [
          row.id,
          row.title,
          row.description,
          row.done,
          row.version,
          row.created_at,
          row.updated_at,
          userId,
          searchText(row),
        ],
      }),
    rotateRefreshToken: (token) => inTransaction(pool, (client) => rotate(client, token)),
  };
}

async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>) {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

async function rotate(client: pg.PoolClient, token: string) {
  const now = Date.now();
  const [hash, refreshToken] = [hashToken(token), createRefreshToken()];
  const { rows } = await client.query<{ id: string; username: string }>({
    name: 'rotate',
    text: `update sessions
             set token_hash = $1, spent_hash = $2, spent_at = $3, last_used_at = $3, idle_expires_at = $4
             from users
             where token_hash = $2 and revoked_at is null and idle_expires_at > $3
               and absolute_expires_at > $3 and users.id = sessions.user_id
             returning sessions.id, username`,
    values: [hashToken(refreshToken), hash, now, now + IDLE_LIFETIME_MS],
  });
  const [session] = rows;
  if (!session) return undefined;
  await client.query({
    name: 'insert_spent',
    text: 'insert into spent_refresh_tokens (token_hash, session_id) values ($1, $2)',
    values: [hash, session.id],
  });
  return { sessionId: session.id, username: session.username, refreshToken };
}
