// Inserts text into existing files and changes nothing else in them.
import { isNode, parseDocument } from 'yaml';
import type { Addition } from './contract.ts';
import type { Names } from './names.ts';

/** openapi.yaml with the added texts. */
export function insertContract(yaml: string, additions: Addition[]): string {
  const document = parseDocument(yaml);
  const insertions = additions.map(({ path, text }) => {
    const node = document.getIn(path, true);
    const end = isNode(node) ? node.range?.[1] : undefined;
    if (end === undefined) throw new Error(`openapi.yaml has no ${path.join('.')}`);
    return { end, text };
  });
  return insertions
    .sort((a, b) => b.end - a.end)
    .reduce((text, { end, text: added }) => text.slice(0, end) + added + text.slice(end), yaml);
}

/** src/database/schema.ts with the table. */
export function insertTable(schema: string, { table, one }: Names, rowType: string): string {
  const inDatabase = insertBefore(
    schema,
    '}',
    `  ${table}: ${one}Table;\n`,
    'interface Database {',
  );
  const traits = `  ${table}: { primaryKey: ['id'], isOwned: true },\n`;
  return insertBefore(inDatabase, '};', traits, 'const TABLES') + rowType;
}

/** src/app.ts with the handlers. */
export function insertHandlers(app: string, { path, variable }: Names): string {
  const line = `    ...${variable}Handlers({ db, now: clock.now }),\n`;
  const joined = insertBefore(app, '  };', line, '...authHandlers(');
  return `import { ${variable}Handlers } from './${path}/handlers.ts';\n${joined}`;
}

/** Inserts lines before the first line that begins with `end` after the text `start`. */
function insertBefore(text: string, end: string, lines: string, start: string): string {
  const from = text.indexOf(start);
  const at = text.indexOf(`\n${end}`, from) + 1;
  if (from < 0 || at === 0) throw new Error(`found no "${start}" with a line "${end}" after it`);
  return text.slice(0, at) + lines + text.slice(at);
}
