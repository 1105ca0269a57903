import { deleteRows } from './batches.ts';
import type { Db } from './connect.ts';
import { isOwnedTable, TABLE_NAMES } from './schema.ts';

/** Fewer rows than elsewhere, because todos are large. */
const BATCHES = { batchRows: 100 };

/**
 * Deletes what a user can have many of, in batches, so that deleting the user cascades to few rows.
 * After a failure, the rest stays. Revoke the user's sessions first: without their spent tokens, the
 * service cannot detect reuse.
 */
export async function deleteUserData(db: Db, userId: string): Promise<void> {
  for (const table of TABLE_NAMES.filter(isOwnedTable)) {
    if (table === 'sessions') continue; // deleted with the user
    await deleteRows(db, table, (where) => where('user_id', '=', userId), BATCHES);
  }
  const sessions = db.selectFrom('sessions').select('id').where('user_id', '=', userId);
  await deleteRows(
    db,
    'spent_refresh_tokens',
    (where) => where('session_id', 'in', sessions),
    BATCHES,
  );
}
