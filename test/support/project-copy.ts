import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/tools.ts';

const ignored = readFileSync(join(ROOT, '.gitignore'), 'utf8').trim().split('\n');
const omitted = ['.git', ...ignored].map((name) => `/${name.replace(/\/$/, '')}`);

/**
 * Copies the project, changes included, without what `.gitignore` names. Of that, the folders in
 * `installed` are links to those of the project.
 */
export function copyProject(folder: string, installed: string[] = []): void {
  const filter = (path: string) => !omitted.some((end) => path.endsWith(end));
  cpSync(ROOT, folder, { recursive: true, filter });
  for (const name of installed) symlinkSync(join(ROOT, name), join(folder, name));
}
