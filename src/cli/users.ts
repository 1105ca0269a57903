import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { hashPassword } from '../auth/password.ts';
import {
  createUser,
  deleteUser,
  listUsers,
  setTemporaryPassword,
} from '../auth/user-repository.ts';
import type { Db } from '../database/connect.ts';
import { deleteUserData } from '../database/delete-user-data.ts';
import { transact } from '../database/transaction.ts';
import { OperatorError } from '../operator-error.ts';
import { formatTimestamp } from '../timestamp.ts';
import {
  databaseAction,
  recordOperatorEvent,
  requireUser,
  revokeSessionsAsOperator,
} from './database.ts';
import { formatInstant, formatTable, type Result, type Terminal } from './terminal.ts';

/** The pattern of the contract. */
const USERNAME_PATTERN = /^[A-Za-z0-9._-]{3,64}$/;

const PASSWORD_HELP = `
The password is random and is printed once. The user has to change it: it only works for a login with
a new_password.`;

export function addUsersCommands(program: Command, terminal: Terminal): void {
  const users = program.command('users').description('manage users and their passwords');
  users
    .command('list')
    .description('list all users by name')
    .action(databaseAction(terminal, listAllUsers));
  users
    .command('create')
    .description('create a user')
    .argument('<user>', 'name of the user')
    .addHelpText('after', PASSWORD_HELP)
    .action(databaseAction(terminal, createUserWithPassword));
  users
    .command('set-password')
    .description("set a new password and revoke the user's sessions")
    .argument('<user>')
    .addHelpText('after', PASSWORD_HELP)
    .action(databaseAction(terminal, setRandomPassword));
  users
    .command('delete')
    .description('delete a user and their data')
    .argument('<user>')
    .option('--yes', 'delete; without this option, nothing is done')
    .addHelpText(
      'after',
      '\nDeletes sessions, todos and idempotency keys. The audit log keeps the events, without the name.',
    )
    .action(databaseAction(terminal, deleteUserForGood));
}

async function listAllUsers(db: Db): Promise<Result> {
  const users = await listUsers(db);
  const text = formatTable(users, {
    user: ({ username }) => username,
    since: ({ created_at }) => formatInstant(created_at),
    password: ({ password_is_temporary }) => (password_is_temporary ? 'to be changed' : ''),
  });
  const data = users.map(({ username, created_at, password_is_temporary }) => ({
    username,
    created_at: formatTimestamp(created_at),
    password_is_temporary: Boolean(password_is_temporary),
  }));
  return { text, data };
}

async function createUserWithPassword(db: Db, username: string): Promise<Result> {
  if (!USERNAME_PATTERN.test(username))
    throw new OperatorError(`${username} is not a valid name: ${USERNAME_PATTERN.source}`);
  const password = createRandomPassword();
  const passwordHash = await hashPassword(password);
  await transact(db, async (trx) => {
    const user = { username, passwordHash, now: Date.now(), isTemporary: true };
    const created = await createUser(trx, user);
    if (!created) throw new OperatorError(`The name ${username} is taken.`);
    await recordOperatorEvent(trx, 'registered', created.id);
  });
  return formatPassword(username, password);
}

async function setRandomPassword(db: Db, name: string): Promise<Result> {
  const user = await requireUser(db, name);
  const password = createRandomPassword();
  const passwordHash = await hashPassword(password);
  await transact(db, async (trx) => {
    await setTemporaryPassword(trx, user.id, passwordHash);
    await recordOperatorEvent(trx, 'password_set', user.id);
    await revokeSessionsAsOperator(trx, { userId: user.id });
  });
  return formatPassword(user.username, password);
}

async function deleteUserForGood(
  db: Db,
  name: string,
  { yes }: { yes?: boolean },
): Promise<Result> {
  const user = await requireUser(db, name);
  if (!yes) throw new OperatorError(`Nothing has been done. --yes deletes ${user.username}.`);
  await transact(db, (trx) => revokeSessionsAsOperator(trx, { userId: user.id }));
  await deleteUserData(db, user.id);
  await transact(db, async (trx) => {
    await deleteUser(trx, user.id);
    await recordOperatorEvent(trx, 'account_deleted', user.id);
  });
  return { text: `${user.username} has been deleted.`, data: { deleted: user.username } };
}

function formatPassword(username: string, password: string): Result {
  const text = `${username} has the password ${password}, which has to be changed.`;
  return { text, data: { username, password } };
}

/** Makes a password of 96 random bits. */
function createRandomPassword(): string {
  return randomBytes(12).toString('base64url');
}
