// The folders of src import each other as the table of docs/architecture.md says.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { textOf } from './page.ts';
import { ROOT } from './terminal.ts';

const rows = textOf('docs/architecture.md').matchAll(/^\| `src\/(\w+)\/` \|.*\| (.*) \|$/gm);
const allowed = new Map(
  [...rows].map(([, folder = '', imports = '']) => [
    folder,
    [...imports.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  ]),
);

/** Of a resource, if the table does not have the folder. */
const OF_A_RESOURCE = allowed.get('todos') ?? [];

const folders = globSync('*/', { cwd: join(ROOT, 'src') });

test.each(folders)(
  'src/%s imports the folders that docs/architecture.md names, and no other',
  (folder) => {
    const files = globSync(`${folder}/**/*.ts`, { cwd: join(ROOT, 'src') });
    const imports = files.flatMap((file) => {
      const text = readFileSync(join(ROOT, 'src', file), 'utf8');
      return [...text.matchAll(/(?:from |import |import\()'(\.[^']+)'/g)]
        .map(([, path = '']) => normalize(join(dirname(file), path)).split('/'))
        .filter(([first = '', second]) => second && first !== '..' && first !== folder)
        .map(([first]) => first);
    });
    expect([...new Set(imports)].toSorted()).toEqual(
      (allowed.get(folder) ?? OF_A_RESOURCE).toSorted(),
    );
  },
);
