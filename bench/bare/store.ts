import { createHash, randomBytes } from 'node:crypto';

export interface TodoRow {
  id: string;
  title: string;
  description: string;
  done: number;
  version: number;
  created_at: number;
  updated_at: number;
}

const IDLE_LIFETIME_MS = 30 * 86_400_000;
const COLUMNS = 'id, title, description, done, version, created_at, updated_at';

/** For both engines. Each is prepared once. */
export const STATEMENTS = {
  find_session: `select user_id from sessions where id = $1 and revoked_at is null
    and idle_expires_at > $2 and absolute_expires_at > $2`,
  list_todos: `select ${COLUMNS} from todos where user_id = $1 order by created_at, id limit 20`,
  find_todo: `select ${COLUMNS} from todos where id = $1 and user_id = $2`,
  insert_todo: `insert into todos (${COLUMNS}, user_id, search_text)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
  rotate: `update sessions
    set token_hash = $1, spent_hash = $2, spent_at = $3, last_used_at = $3, idle_expires_at = $4
    where token_hash = $2 and revoked_at is null and idle_expires_at > $3
      and absolute_expires_at > $3
    returning id, (select username from users where users.id = sessions.user_id) as username`,
  insert_spent: `insert into spent_refresh_tokens (token_hash, session_id)
    select $2, id from sessions where token_hash = $1`,
};

/** A statement, and the values of `$1`, `$2` … */
export type Statement = [name: keyof typeof STATEMENTS, ...values: (string | number)[]];

/** Runs statements, in a transaction if there are several. @returns the rows of the first */
export type Run = (first: Statement, ...others: Statement[]) => object[] | Promise<object[]>;

export function createStore(run: Run) {
  /** The columns of a statement are those of its text. */
  const query = async <Row>(...statements: Parameters<Run>) => (await run(...statements)) as Row[];
  return {
    /** @returns the user's id */
    async findLiveSession(sessionId: string): Promise<string | undefined> {
      const [row] = await query<{ user_id: string }>(['find_session', sessionId, Date.now()]);
      return row?.user_id;
    },
    listTodos: (userId: string) => query<TodoRow>(['list_todos', userId]),
    async findTodo(userId: string, id: string): Promise<TodoRow | undefined> {
      const [row] = await query<TodoRow>(['find_todo', id, userId]);
      return row;
    },
    async insertTodo(userId: string, row: TodoRow): Promise<void> {
      const { id, title, description, done, version, created_at, updated_at } = row;
      const text = `${title}\u001f${description}`.toLowerCase();
      const values = [id, title, description, done, version, created_at, updated_at, userId, text];
      await query(['insert_todo', ...values]);
    },
    async rotateRefreshToken(token: string) {
      const refreshToken = randomBytes(32).toString('hex');
      const [hash, spentHash, now] = [hashToken(refreshToken), hashToken(token), Date.now()];
      const [session] = await query<{ id: string; username: string }>(
        ['rotate', hash, spentHash, now, now + IDLE_LIFETIME_MS],
        ['insert_spent', hash, spentHash],
      );
      return session && { sessionId: session.id, username: session.username, refreshToken };
    },
  };
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
