// Promise: the table of variables in README.md is the one in src/config.ts.
//
//   npm run readme     writes it (a test says when it is stale)
import { readFile, writeFile } from 'node:fs/promises';
import { describeVariables } from '../src/config.ts';

const file = new URL('../README.md', import.meta.url);
const head = '| variable | default | meaning |\n| --- | --- | --- |\n';
const rows = describeVariables().map(
  ({ name, default: value, meaning }) =>
    `| \`${name}\` | ${value ? `\`${value}\`` : ''} | ${meaning} |\n`,
);
const readme = await readFile(file, 'utf8');
const [before, rest = ''] = readme.split(head, 2);
const after = rest.replace(/^([|<].*\n)*/, '');
await writeFile(file, `${before}${head}${rows.join('')}${after}`);
