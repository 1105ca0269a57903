import { deleteInBatches, deleteRows, deleteSpentTokens } from './batches.ts';
import type { Db } from './connect.ts';
import { isOwnedTable, TABLE_NAMES } from './schema.ts';

/** How many rows one statement deletes: fewer than elsewhere, because todos are large. */
const BATCH_ROWS = 100;

/**
 * Deletes what a user can have many of, in batches, so that deleting the user cascades to few rows.
 * After a failure, the rest stays. Revoke the user's sessions first: without their spent tokens, the
 * service cannot detect reuse.
 */
export async function deleteUserData(db: Db, userId: string): Promise<void> {
  for (const table of TABLE_NAMES.filter(isOwnedTable)) {
    if (table === 'sessions') continue; // deleted with the user
    await deleteInBatches(() =>
      deleteRows(db, table, BATCH_ROWS, (where) => where('user_id', '=', userId)),
    );
  }
  await deleteInBatches(() =>
    deleteSpentTokens(db, BATCH_ROWS, (where) => where('user_id', '=', userId)),
  );
}
