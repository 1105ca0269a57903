import { v7 as uuid } from 'uuid';
import { compiledQuery } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';
import type { RevokeReason } from '../database/schema.ts';
import { afterCommit } from '../database/transaction.ts';

/** The kinds of events in the audit log. */
export const AUDIT_EVENTS = [
  'registered',
  'signed_in',
  'sign_in_refused',
  'refreshed',
  'refresh_repeated',
  'refresh_refused',
  'refresh_token_reused',
  'session_revoked',
  'password_changed',
  'password_change_refused',
  'password_set',
  'account_deleted',
  'account_deletion_refused',
] as const;
export type AuditEventName = (typeof AUDIT_EVENTS)[number];

/** An event by the columns of its table. */
export interface AuditEvent {
  event: AuditEventName;
  at: number;
  /** Why a session was revoked. */
  reason?: RevokeReason | undefined;
  user_id?: string | undefined;
  session_id?: string | undefined;
  address: string;
  request_id: string;
}

/** Writes an event to the audit log, in the transaction of the change that it records. */
export type RecordAuditEvent = (db: Db, event: AuditEvent) => Promise<void>;

/** Makes a recorder that also calls `onRecorded` for each event after its commit. */
export function createAuditRecorder(onRecorded: (event: AuditEvent) => void): RecordAuditEvent {
  return async (db, event) => {
    await recordAuditEvent(db, event);
    afterCommit(db, () => onRecorded(event));
  };
}

export async function recordAuditEvent(db: Db, event: AuditEvent): Promise<void> {
  await insertEventQuery(db, { id: uuid(), ...event });
}

const insertEventQuery = compiledQuery<AuditEvent & { id: string }, unknown>((db, parameter) =>
  db.insertInto('audit_events').values({
    id: parameter('id'),
    at: parameter('at'),
    event: parameter('event'),
    reason: parameter('reason'),
    user_id: parameter('user_id'),
    session_id: parameter('session_id'),
    address: parameter('address'),
    request_id: parameter('request_id'),
  }),
);

/** Lists the newest events of a user, newest first. */
export async function listNewestEvents(db: Db, userId: string, limit: number) {
  return db
    .selectFrom('audit_events')
    .select(['at', 'event', 'reason', 'session_id', 'address', 'request_id'])
    .where('user_id', '=', userId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
