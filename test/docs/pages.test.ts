import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { testPage } from './page.ts';
import { ROOT } from './terminal.ts';

for (const name of readdirSync(join(ROOT, 'docs'))) {
  if (name.endsWith('.md')) testPage(`docs/${name}`, { slow: true });
}
