// Promise: an operator lists, creates and deletes users, and gives them passwords to be changed.
import { randomBytes } from 'node:crypto';
import { type AuditEventName, audit } from '../src/auth/audit.ts';
import { hashPassword } from '../src/auth/password.ts';
import { revokeSessions } from '../src/auth/session-repository.ts';
import {
  createUser,
  deleteUser,
  findUserByName,
  listUsers,
  setTemporaryPassword,
} from '../src/auth/users.ts';
import { readDatabaseLocation } from '../src/config.ts';
import type { Db } from '../src/database/connect.ts';
import { transact } from '../src/database/transaction.ts';
import { deleteUserData } from '../src/database/user-data.ts';
import {
  expectThere,
  Fault,
  instant,
  main,
  operatorEvent,
  table,
  UsageError,
  withDatabase,
} from './operator.ts';

const HELP = `npm run users -- list | create NAME | set-password NAME | delete NAME --yes

  list          all users, in the order of their names (UTC)
  create        makes a user
  set-password  gives a user a new password and ends their sessions
  delete        deletes a user with their sessions, todos and keys; the audit log stays, without the name

The password of create and set-password is random and printed once. It has to be changed: until the
user has signed in with a new_password, they cannot do anything else with it.`;

/** As in the contract. */
const NAME = /^[A-Za-z0-9._-]{3,64}$/;
const PAGE = 500;

const WORKS: Record<string, (db: Db, name: string, isSure: boolean) => Promise<void>> = {
  async list(db) {
    const rows: string[][] = [];
    for (let after = ''; ; ) {
      const page = await listUsers(db, after, PAGE);
      for (const { username, created_at, password_is_temporary } of page) {
        rows.push([username, instant(created_at), password_is_temporary ? 'to be changed' : '']);
      }
      after = page.at(-1)?.username_key ?? '';
      if (page.length < PAGE) break;
    }
    console.log(table(['user', 'since', 'password'], rows));
  },

  async create(db, username) {
    if (!NAME.test(username)) throw new Fault(`${username} is not a name: ${NAME.source}`);
    const password = newPassword();
    const passwordHash = await hashPassword(password);
    await transact(db, async (trx) => {
      const user = { username, passwordHash, now: Date.now(), isTemporary: true };
      const created = await createUser(trx, user);
      if (!created) throw new Fault(`the name ${username} is taken`);
      await record(trx, 'registered', created.id);
    });
    console.log(`${username} has the password ${password}, which has to be changed.`);
  },

  async 'set-password'(db, name) {
    const user = await find(db, name);
    const password = newPassword();
    const passwordHash = await hashPassword(password);
    await transact(db, async (trx) => {
      await setTemporaryPassword(trx, user.id, passwordHash);
      await record(trx, 'password_set', user.id);
      const ended = await revokeSessions(trx, { userId: user.id }, 'admin', Date.now());
      for (const id of ended) await record(trx, 'session_revoked', user.id, id);
    });
    console.log(`${user.username} has the password ${password}, which has to be changed.`);
  },

  async delete(db, name, isSure) {
    const user = await find(db, name);
    if (!isSure) throw new Fault(`Nothing has been done. --yes deletes ${user.username} for good.`);
    await transact(db, async (trx) => {
      const ended = await revokeSessions(trx, { userId: user.id }, 'admin', Date.now());
      for (const id of ended) await record(trx, 'session_revoked', user.id, id);
    });
    await deleteUserData(db, user.id);
    await transact(db, async (trx) => {
      await deleteUser(trx, user.id);
      await record(trx, 'account_deleted', user.id);
    });
    console.log(`${user.username} has been deleted.`);
  },
};

async function find(db: Db, name: string) {
  const user = await findUserByName(db, name);
  if (!user) throw new Fault(`there is no user ${name}`);
  return user;
}

function record(db: Db, name: AuditEventName, userId: string, sessionId?: string) {
  return audit(db, { ...operatorEvent(name, userId), sessionId });
}

/** 96 random bits, to be typed once. */
function newPassword(): string {
  return randomBytes(12).toString('base64url');
}

await main(HELP, { yes: { type: 'boolean' } }, async ({ yes }, [command, name, ...rest]) => {
  const work = WORKS[command ?? ''];
  const isComplete = command === 'list' ? name === undefined : name !== undefined;
  if (!work || !isComplete || rest.length > 0) {
    throw new UsageError('Say list, create NAME, set-password NAME or delete NAME');
  }
  const location = readDatabaseLocation(process.env);
  expectThere(location);
  await withDatabase(location, (db) => work(db, name ?? '', yes === true));
});
