// Writes a resource that compiles, passes every check and implements its part of the contract. On an
// error it writes nothing. docs/adding-a-resource.md shows the same steps by hand.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main, readCommandLine, UsageError } from './command-line.ts';
import {
  generateHandlers,
  generateMigration,
  generateRepository,
  generateRowType,
  generateTest,
} from './new/code.ts';
import { generateContract } from './new/contract.ts';
import { type Field, parseFields, TYPE_NAMES } from './new/fields.ts';
import { insertContract, insertHandlers, insertTable } from './new/insert.ts';
import { deriveNames, type Names } from './new/names.ts';

const DEFAULT_FIELDS = 'title:string,body:text?';

const HELP = `npm run new -- NAME [--fields FIELDS] [--singular NAME]

Writes a resource whose items belong to users: its part of openapi.yaml, a migration, the table, the
handlers and a test. NAME is the path, a plural: notes, or shopping-lists.

  --fields FIELDS   the fields besides the id and the times; a question mark makes a field optional
                    (default: ${DEFAULT_FIELDS}). Types: ${TYPE_NAMES.join(', ')}
  --singular NAME   the singular of an irregular plural: npm run new -- people --singular person`;

const ROOT = new URL('../', import.meta.url);
const BIOME = 'node_modules/@biomejs/biome/bin/biome';

const { values, positionals } = readCommandLine({
  allowPositionals: true,
  options: {
    fields: { type: 'string', default: DEFAULT_FIELDS },
    singular: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

await main(() => {
  if (values.help) return console.log(HELP);
  const [name, surplus] = positionals;
  if (surplus !== undefined) throw new UsageError(`Give one name only, without ${surplus}.`);
  const names = deriveNames(name, values.singular);
  assertNamesAreFree(names);
  const files = formatted(generateFiles(names, parseFields(values.fields)));
  for (const [path, text] of files) write(path, text);
  run('scripts/generate.ts');
  console.log(report(names, [...files.keys()]));
});

/** @throws UsageError if one of the names is in use */
function assertNamesAreFree({ path, table, one, many }: Names): void {
  const contract = read('openapi.yaml');
  const schema = read('src/database/schema.ts');
  const taken = [
    [`the folder src/${path}`, existsSync(new URL(`src/${path}`, ROOT))],
    [`the module src/${path}.ts`, existsSync(new URL(`src/${path}.ts`, ROOT))],
    [`the folder test/${path}`, existsSync(new URL(`test/${path}`, ROOT))],
    [`a page /${path}`, sourceHas(`'/${path}`)],
    [`the path /${path} in openapi.yaml`, new RegExp(`^ {2}/${path}[:/]`, 'm').test(contract)],
    [`the tag ${path} in openapi.yaml`, contract.includes(`  - name: ${path}\n`)],
    ...[one, many, `New${one}`, `${one}Id`].map((name): [string, boolean] => [
      `${name} in openapi.yaml`,
      new RegExp(`^ {4}${name}:`, 'm').test(contract),
    ]),
    [`the table ${table}`, new RegExp(`^ {2}${table}: `, 'm').test(schema)],
    [`the type ${one}Table`, new RegExp(`\\b${one}Table\\b`).test(schema)],
  ] as const;
  const found = taken.find(([, isTaken]) => isTaken);
  if (found) throw new UsageError(`There is ${found[0]} already. Choose another name.`);
}

function sourceHas(text: string): boolean {
  const files = globSync('src/**/*.ts', { cwd: ROOT });
  return files.some((file) => read(file).includes(text));
}

/** All files to write, by their paths. */
function generateFiles(names: Names, fields: Field[]): Map<string, string> {
  const { path, table } = names;
  return new Map([
    ['openapi.yaml', insertContract(read('openapi.yaml'), generateContract(names, fields))],
    [`src/database/migrations/${nextNumber()}_${table}.ts`, generateMigration(names, fields)],
    [
      'src/database/schema.ts',
      insertTable(read('src/database/schema.ts'), names, generateRowType(names, fields)),
    ],
    [`src/${path}/repository.ts`, generateRepository(names, fields)],
    [`src/${path}/handlers.ts`, generateHandlers(names, fields)],
    ['src/app.ts', insertHandlers(read('src/app.ts'), names)],
    [`test/${path}/${path}.test.ts`, generateTest(names, fields)],
  ]);
}

function nextNumber(): string {
  const numbers = readdirSync(new URL('src/database/migrations', ROOT)).map(Number.parseFloat);
  return String(Math.max(...numbers) + 1).padStart(4, '0');
}

/** Formats the files for `npm run check`: the length of the names decides where lines break. */
function formatted(files: Map<string, string>): Map<string, string> {
  const format = (path: string, text: string) =>
    run(BIOME, ['check', '--write', `--stdin-file-path=${path}`], text);
  return new Map(
    [...files].map(([path, text]) => [path, path.endsWith('.ts') ? format(path, text) : text]),
  );
}

/** @returns the output of the script */
function run(script: string, args: string[] = [], input = ''): string {
  return execFileSync(process.execPath, [script, ...args], { cwd: ROOT, encoding: 'utf8', input });
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

function write(path: string, text: string): void {
  mkdirSync(dirname(fileURLToPath(new URL(path, ROOT))), { recursive: true });
  writeFileSync(new URL(path, ROOT), text);
}

function report({ path, words }: Names, files: string[]): string {
  return `Wrote ${words.many}:
${files.map((file) => `  ${file}`).join('\n')}

Test it:     npx vitest run test/${path}
Look at it:  npm start, then http://localhost:8000/docs
Next steps:  docs/adding-a-resource.md`;
}
