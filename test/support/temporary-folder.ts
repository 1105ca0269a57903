import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder, removed at the end of the `using` block. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'todos-'));
  return {
    path,
    /** The path of a file in it. */
    file: (name: string) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
