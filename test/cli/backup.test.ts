import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import { backUpSqlite } from '../../src/database/backup.ts';
import { runScript, runTodos, TODOS } from '../support/cli.ts';
import { startProcess } from '../support/service-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { DEMO } from '../support/users.ts';

/** A file that exists; the commands that name it fail before they read it. */
const PRESENT = new URL(import.meta.url).pathname;
const PAGE = readFileSync(new URL('../../docs/backup.md', import.meta.url), 'utf8');

/** The shell commands of the section, as a person would copy them. */
function restoreCommands(): string {
  const [, block] = /### Restore\n.*?```sh\n(.*?)```/s.exec(PAGE) ?? [];
  if (!block) throw new Error('docs/backup.md has no commands to restore');
  return block;
}

test('a backup during writes, restored as docs/backup.md says, has every row from before it', async () => {
  using folder = temporaryFolder();
  const variables = { DATABASE_URL: 'sqlite:data/todos.sqlite' };
  await using service = await startProcess(variables, { folder });
  const { data: tokens } = await service.client.login(DEMO.username, DEMO.password);
  const create = (title: string) => service.client.POST('/todos', { body: { title } });
  await create('before the backup');
  let isOver = false;
  const writing = (async () => {
    for (let n = 0; !isOver; n += 1) await create(`meanwhile ${n}`);
  })();
  const file = folder.file('backup.sqlite');
  const database = { DATABASE_URL: `sqlite:${folder.file('data/todos.sqlite')}` };
  const command = [TODOS, 'backup', '--file', file]; // a process of its own, with its file modes
  const { code, output } = await runScript(command, database);
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toMatch(/^Complete: .*backup\.sqlite, .*\nbacking up: [\d.]+ MB of [\d.]+ MB\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  isOver = true;
  await writing;
  await create('after the backup');
  service.child.kill('SIGTERM');
  expect(await service.exited()).toBe(0);

  execFileSync('sh', ['-e', '-c', restoreCommands()], { cwd: folder.path });
  await using restored = await startProcess(variables, { folder });
  const headers = { Authorization: `Bearer ${tokens?.access_token}` };
  const titlesOf = async (q: string) => {
    const answer = await fetch(`${restored.url}/todos?q=${encodeURIComponent(q)}`, { headers });
    expect(answer.status).toBe(200); // the session lives on
    return (await answer.json()).length;
  };
  expect(await titlesOf('before the backup')).toBe(1);
  expect(await titlesOf('after the backup')).toBe(0);
});

test('a backup omits what another process writes meanwhile, and does not restart because of it', async () => {
  using folder = temporaryFolder();
  const path = folder.file('busy.sqlite');
  const writer = new BetterSqlite3(path);
  writer.pragma('journal_mode = WAL');
  writer.exec('create table rows (text)');
  const insert = writer.prepare('insert into rows values (?)');
  writer.transaction(() => {
    for (let n = 0; n < 3000; n += 1) insert.run('x'.repeat(4000));
  })();
  const done: number[] = [];
  const file = folder.file('busy-backup.sqlite');
  await backUpSqlite(path, file, (bytes) => {
    done.push(bytes);
    if (done.length > 100) throw new Error('the copy starts again at each write');
    insert.run('meanwhile');
  });
  expect(done.length).toBeGreaterThan(2);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  const copy = new BetterSqlite3(file, { readonly: true });
  expect(copy.prepare('select count(*) as count from rows').get()).toEqual({ count: 3000 });
  copy.close();
  writer.close();
});

test('a backup of a damaged database fails with a message and leaves no file', async () => {
  using folder = temporaryFolder();
  const path = folder.file('damaged.sqlite');
  const database = new BetterSqlite3(path);
  database.exec('create table rows (text); create index by_text on rows (text)');
  database.exec("insert into rows values ('one'), ('two'), ('three')");
  database.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0, 8192, 8192 + 50)); // the head of the index
  const before = readdirSync(folder.path);
  const variables = { DATABASE_URL: `sqlite:${path}` };
  const { code, output } = await runScript(
    [TODOS, 'backup', '--file', 'copy.sqlite'],
    variables,
    folder,
  );
  expect(code).toBe(1);
  expect(output).toMatch(/The database is damaged|database disk image is malformed/);
  expect(output).not.toContain('    at ');
  expect(readdirSync(folder.path)).toEqual(before);
});

test.each([
  [
    'onto a file that exists',
    PRESENT,
    `sqlite:${PRESENT}`,
    / exists already: choose another name\.\n$/,
  ],
  ['into no folder', 'none/x', `sqlite:${PRESENT}`, /^There is no folder none\.\n$/],
  ['of no database', 'x', 'sqlite:none', /^There is no database/],
  ['of memory', 'x', 'sqlite::memory:', /^A database in memory/],
  ['of PostgreSQL', 'x', 'postgres://a@b/c', /pg_dump, see docs/],
])('a backup %s: exit code 1, and says why', async (_what, file, DATABASE_URL, message) => {
  const { code, output } = await runTodos(['backup', '--file', file], { DATABASE_URL });
  expect(output).toMatch(message);
  expect(code).toBe(1);
});
