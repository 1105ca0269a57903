// What the commands share that work on the database of the service.

import { existsSync } from 'node:fs';
import { v7 as uuid } from 'uuid';
import type { AuditEvent, AuditEventName } from '../auth/audit-repository.ts';
import { findUserByName } from '../auth/user-repository.ts';
import { readDatabaseLocation } from '../config.ts';
import { connect, type DatabaseLocation, type Db } from '../database/connect.ts';
import { OperatorError } from '../operator-error.ts';
import type { Terminal } from './terminal.ts';

/** Opens the database of DATABASE_URL for the work. @throws Fault if it does not exist */
export async function withDatabase<T>(
  { environment }: Terminal,
  work: (db: Db) => Promise<T>,
): Promise<T> {
  const location = readDatabaseLocation(environment);
  assertDatabaseExists(location);
  return openDatabase(location, work);
}

/** @throws Fault where opening the database would make an empty one */
export function assertDatabaseExists(location: DatabaseLocation): void {
  if (location.engine === 'sqlite' && !existsSync(location.path)) {
    throw new OperatorError(`there is no database at ${location.path}`);
  }
}

/** Opens a database for the work. A statement may take its time: no client waits for the answer. */
export async function openDatabase<T>(
  location: DatabaseLocation,
  work: (db: Db) => Promise<T>,
): Promise<T> {
  const db = connect(location.engine === 'sqlite' ? location : { ...location, queryTimeoutMs: 0 });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/** @throws Fault if there is no user with the name */
export async function requireUser(db: Db, name: string) {
  const user = await findUserByName(db, name);
  if (!user) throw new OperatorError(`there is no user ${name}`);
  return user;
}

/** An event that the operator causes; all of one run have the same request id. */
export function createOperatorEvent(event: AuditEventName, userId: string): AuditEvent {
  const reason = event === 'session_revoked' ? 'admin' : undefined;
  return { event, reason, at: Date.now(), address: '', userId, requestId: REQUEST_ID };
}

const REQUEST_ID = `operator-${uuid()}`;
