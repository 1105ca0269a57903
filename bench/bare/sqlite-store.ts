import BetterSqlite3 from 'better-sqlite3';
import {
  createRefreshToken,
  hashToken,
  IDLE_LIFETIME_MS,
  type RotatedSession,
  type Store,
  searchText,
  type TodoRow,
} from './store.ts';

export function openSqliteStore(path: string): Store {
  const sqlite = new BetterSqlite3(path);
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  const columns = 'id, title, description, done, version, created_at, updated_at';
  const findSession = sqlite.prepare<[string, number, number], { user_id: string }>(
    `select user_id from sessions where id = ? and revoked_at is null
       and idle_expires_at > ? and absolute_expires_at > ?`,
  );
  const list = sqlite.prepare<[string], TodoRow>(
    `select ${columns} from todos where user_id = ? order by created_at, id limit 20`,
  );
  const find = sqlite.prepare<[string, string], TodoRow>(
    `select ${columns} from todos where id = ? and user_id = ?`,
  );
  const insert = sqlite.prepare(
    `insert into todos (${columns}, user_id, search_text) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const updateSession = sqlite.prepare<
    (string | number)[],
    { id: string; user_id: string }
  >(`update sessions
       set token_hash = ?, spent_hash = token_hash, spent_at = ?, last_used_at = ?, idle_expires_at = ?
       where token_hash = ? and revoked_at is null and idle_expires_at > ? and absolute_expires_at > ?
       returning id, user_id`);
  const insertSpent = sqlite.prepare('insert into spent_refresh_tokens values (?, ?)');
  const findUser = sqlite.prepare<[string], { username: string }>(
    'select username from users where id = ?',
  );
  const rotate = sqlite.transaction((token: string): RotatedSession | undefined => {
    const now = Date.now();
    const [hash, refreshToken] = [hashToken(token), createRefreshToken()];
    const values = [hashToken(refreshToken), now, now, now + IDLE_LIFETIME_MS, hash, now, now];
    const session = updateSession.get(...values);
    if (!session) return undefined;
    insertSpent.run(hash, session.id);
    const { username = '' } = findUser.get(session.user_id) ?? {};
    return { sessionId: session.id, username, refreshToken };
  });
  return {
    findLiveSession(sessionId) {
      const now = Date.now();
      return findSession.get(sessionId, now, now)?.user_id;
    },
    listTodos: (userId) => list.all(userId),
    findTodo: (userId, id) => find.get(id, userId),
    insertTodo: (userId, row) =>
      insert.run(
        row.id,
        row.title,
        row.description,
        row.done,
        row.version,
        row.created_at,
        row.updated_at,
        userId,
        searchText(row),
      ),
    rotateRefreshToken: (token) => rotate(token),
  };
}
