const ROWS_PER_USER = 100;
/** No session of the bench lasts that long. */
const FAR_FUTURE_MS = 9_000_000_000_000_000;

/** SQL for both engines that inserts todos and sessions of other users. */
export function fillerSql(rowCount: number): string[] {
  const userCount = rowCount / ROWS_PER_USER;
  const userId = `'filler-' || (n % ${userCount} + 1)`;
  return [
    `${numbers(userCount)}
       insert into users (id, username, username_key, password_hash, created_at)
       select 'filler-' || n, 'filler-' || n, 'filler-' || n, 'none', 0 from numbers`,
    `${numbers(rowCount)}
       insert into todos
         (id, user_id, title, description, done, search_text, version, created_at, updated_at)
       select 'filler-' || n, ${userId}, 'Todo', '', 0, 'todo', 1, n, n from numbers`,
    `${numbers(rowCount)}
       insert into sessions
         (id, user_id, created_at, last_used_at, idle_expires_at, absolute_expires_at,
          address, network, user_agent, token_hash)
       select 'filler-' || n, ${userId}, 0, 0, ${FAR_FUTURE_MS}, ${FAR_FUTURE_MS},
         '', '', '', 'filler-' || n from numbers`,
  ];
}

function numbers(count: number): string {
  return `with recursive numbers (n) as (
      select 1 union all select n + 1 from numbers where n < ${count}
    )`;
}
