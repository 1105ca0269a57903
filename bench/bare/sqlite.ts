import BetterSqlite3 from 'better-sqlite3';
import { type Run, STATEMENTS, type Statement } from './store.ts';

export function openSqlite(path: string): Run {
  const sqlite = new BetterSqlite3(path);
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  const prepared = new Map(
    Object.entries(STATEMENTS).map(([name, text]) => [
      name,
      sqlite.prepare<[object], object>(text),
    ]),
  );
  const run = ([name, ...values]: Statement): object[] => {
    const statement = prepared.get(name);
    // `$1` is a name for SQLite.
    const named = Object.fromEntries(values.map((value, index) => [index + 1, value]));
    if (statement?.reader) return statement.all(named);
    statement?.run(named);
    return [];
  };
  const runAll = sqlite.transaction((statements: Statement[]) => statements.map(run)[0] ?? []);
  return (first, ...others) => (others.length === 0 ? run(first) : runAll([first, ...others]));
}
