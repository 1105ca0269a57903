// Promise: the table of variables in docs/configuration.md is the one in src/config.ts.
//
//   npm run readme     writes it (a test says when it is stale)
import { readFile, writeFile } from 'node:fs/promises';
import { describeVariables } from '../src/config.ts';

const file = new URL('../docs/configuration.md', import.meta.url);
const head = '| variable | default | meaning |\n| --- | --- | --- |\n';
const rows = describeVariables().map(
  ({ name, default: value, meaning }) =>
    `| \`${name}\` | ${value ? `\`${value}\`` : ''} | ${meaning} |\n`,
);
const page = await readFile(file, 'utf8');
const [before, rest = ''] = page.split(head, 2);
const after = rest.replace(/^([|<].*\n)*/, '');
await writeFile(file, `${before}${head}${rows.join('')}${after}`);
