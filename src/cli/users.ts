import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { type AuditEventName, recordAuditEvent } from '../auth/audit-repository.ts';
import { hashPassword } from '../auth/password.ts';
import { revokeSessions } from '../auth/session-repository.ts';
import {
  createUser,
  deleteUser,
  listUsers,
  setTemporaryPassword,
} from '../auth/user-repository.ts';
import type { Db } from '../database/connect.ts';
import { deleteUserData } from '../database/delete-user-data.ts';
import { transact } from '../database/transaction.ts';
import { formatTimestamp } from '../timestamp.ts';
import { findUser, operatorEvent, withDatabase } from './database.ts';
import { Fault } from './errors.ts';
import { instant, printing, type Result, type Terminal, table } from './terminal.ts';

/** As in the contract. */
const NAME = /^[A-Za-z0-9._-]{3,64}$/;
const PAGE = 500;

const PASSWORD_HELP = `
The password is random and printed once. It has to be changed: until the user has signed in with a
new_password, they cannot do anything else with it.`;

export function addUsers(program: Command, terminal: Terminal): void {
  const users = program.command('users').description('list, create and delete users');
  users
    .command('list')
    .description('list all users, in the order of their names')
    .action(printing(terminal, () => withDatabase(terminal, list)));
  users
    .command('create')
    .description('create a user')
    .argument('<user>', 'name of the user')
    .addHelpText('after', PASSWORD_HELP)
    .action(printing(terminal, (name: string) => withDatabase(terminal, (db) => create(db, name))));
  users
    .command('set-password')
    .description('give a user a new password and end their sessions')
    .argument('<user>')
    .addHelpText('after', PASSWORD_HELP)
    .action(
      printing(terminal, (name: string) => withDatabase(terminal, (db) => setPassword(db, name))),
    );
  users
    .command('delete')
    .description('delete a user with their sessions, todos and keys')
    .argument('<user>')
    .option('--yes', 'delete; without it, nothing is done')
    .addHelpText('after', '\nThe audit log stays, without the name.')
    .action(
      printing(terminal, (name: string, { yes = false }: { yes?: boolean }) =>
        withDatabase(terminal, (db) => remove(db, name, yes)),
      ),
    );
}

async function list(db: Db): Promise<Result> {
  const users: Awaited<ReturnType<typeof listUsers>> = [];
  for (let after = ''; ; ) {
    const page = await listUsers(db, after, PAGE);
    users.push(...page);
    after = page.at(-1)?.username_key ?? '';
    if (page.length < PAGE) break;
  }
  const text = table(users, {
    user: ({ username }) => username,
    since: ({ created_at }) => instant(created_at),
    password: ({ password_is_temporary }) => (password_is_temporary ? 'to be changed' : ''),
  });
  const data = users.map(({ username, created_at, password_is_temporary }) => ({
    username,
    created_at: formatTimestamp(created_at),
    password_is_temporary: Boolean(password_is_temporary),
  }));
  return { text, data };
}

async function create(db: Db, username: string): Promise<Result> {
  if (!NAME.test(username)) throw new Fault(`${username} is not a name: ${NAME.source}`);
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  await transact(db, async (trx) => {
    const user = { username, passwordHash, now: Date.now(), isTemporary: true };
    const created = await createUser(trx, user);
    if (!created) throw new Fault(`the name ${username} is taken`);
    await record(trx, 'registered', created.id);
  });
  return newPasswordOf(username, password);
}

async function setPassword(db: Db, name: string): Promise<Result> {
  const user = await findUser(db, name);
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  await transact(db, async (trx) => {
    await setTemporaryPassword(trx, user.id, passwordHash);
    await record(trx, 'password_set', user.id);
    await endSessions(trx, user.id);
  });
  return newPasswordOf(user.username, password);
}

async function remove(db: Db, name: string, isSure: boolean): Promise<Result> {
  const user = await findUser(db, name);
  if (!isSure) throw new Fault(`Nothing has been done. --yes deletes ${user.username} for good.`);
  await transact(db, (trx) => endSessions(trx, user.id));
  await deleteUserData(db, user.id);
  await transact(db, async (trx) => {
    await deleteUser(trx, user.id);
    await record(trx, 'account_deleted', user.id);
  });
  return { text: `${user.username} has been deleted.`, data: { deleted: user.username } };
}

async function endSessions(trx: Db, userId: string): Promise<void> {
  const ended = await revokeSessions(trx, { userId }, 'admin', Date.now());
  for (const id of ended) await record(trx, 'session_revoked', userId, id);
}

function record(db: Db, name: AuditEventName, userId: string, sessionId?: string) {
  return recordAuditEvent(db, { ...operatorEvent(name, userId), sessionId });
}

function newPasswordOf(username: string, password: string): Result {
  const text = `${username} has the password ${password}, which has to be changed.`;
  return { text, data: { username, password } };
}

/** 96 random bits, to be typed once. */
function newPassword(): string {
  return randomBytes(12).toString('base64url');
}
