// Helpers of the commands that use the database of the service.

import { existsSync } from 'node:fs';
import { v7 as uuid } from 'uuid';
import {
  type AuditEvent,
  type AuditEventName,
  recordAuditEvent,
} from '../auth/audit-repository.ts';
import { revokeSessions, type SessionSelection } from '../auth/session-repository.ts';
import { findUserByName } from '../auth/user-repository.ts';
import { readDatabaseLocation } from '../config.ts';
import { connect, type DatabaseLocation, type Db } from '../database/connect.ts';
import { OperatorError } from '../operator-error.ts';
import { printResult, type Result, type Terminal } from './terminal.ts';

/** Opens the database of DATABASE_URL for the work. @throws OperatorError if it does not exist */
export async function withDatabase<T>({ environment }: Terminal, work: (db: Db) => Promise<T>) {
  const location = readDatabaseLocation(environment);
  assertDatabaseExists(location);
  return openDatabase(location, work);
}

/** Makes the action of a command that uses the database of DATABASE_URL and prints its result. */
export function databaseAction<Args extends unknown[]>(
  terminal: Terminal,
  work: (db: Db, ...args: Args) => Promise<Result>,
) {
  return printResult(terminal, (...args: Args) =>
    withDatabase(terminal, (db) => work(db, ...args)),
  );
}

/** @throws OperatorError where opening the database would make an empty one */
export function assertDatabaseExists(location: DatabaseLocation): void {
  if (location.engine === 'sqlite' && !existsSync(location.path)) {
    throw new OperatorError(`There is no database at ${location.path}.`);
  }
}

/** Opens a database for the work. A statement may take its time: no client waits for the answer. */
export async function openDatabase<T>(location: DatabaseLocation, work: (db: Db) => Promise<T>) {
  const db = connect(location.engine === 'sqlite' ? location : { ...location, queryTimeoutMs: 0 });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/** @throws OperatorError if there is no user with the name */
export async function requireUser(db: Db, name: string) {
  const user = await findUserByName(db, name);
  if (!user) throw new OperatorError(`There is no user ${name}.`);
  return user;
}

/** All events of one command have the same request id. */
const REQUEST_ID = `operator-${uuid()}`;

/** Records an event that the operator causes. */
export async function recordOperatorEvent(
  db: Db,
  event: AuditEventName,
  user_id: string,
  details: Pick<AuditEvent, 'session_id' | 'reason'> = {},
): Promise<void> {
  const common = { at: Date.now(), address: '', request_id: REQUEST_ID };
  await recordAuditEvent(db, { event, user_id, ...common, ...details });
}

/** Revokes live sessions of a user. @returns their ids */
export async function revokeSessionsAsOperator(trx: Db, selection: SessionSelection) {
  const revoked = await revokeSessions(trx, selection, 'admin', Date.now());
  for (const session_id of revoked) {
    const details = { session_id, reason: 'admin' } as const;
    await recordOperatorEvent(trx, 'session_revoked', selection.userId, details);
  }
  return revoked;
}
