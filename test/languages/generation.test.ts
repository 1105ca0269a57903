// What `npm run clients` makes: good names, the same bytes each time, nothing that git keeps.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { document, listOperations } from '../../src/http/openapi-document.ts';
import { copyProject } from '../support/project-copy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { generate, hashFiles, ROOT } from './generate.ts';
import { missing, shell } from './shell.ts';

/** Where a language has its models and operations, and how it spells what the contract calls so. */
interface Language {
  models: string;
  /** The name of a model's file, without what every one of them has. */
  model: RegExp;
  api(tag: string): string;
  /** What declares the group of operations. */
  group(tag: string): string;
  /** What declares the operation. */
  operation(id: string): string;
}

const pascal = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const LANGUAGES: Record<string, Language> = {
  typescript: {
    models: 'src/models',
    model: /^(?!index)(.+)\.ts$/,
    api: (tag) => `src/apis/${pascal(tag)}Api.ts`,
    group: (tag) => `export class ${pascal(tag)}Api `,
    operation: (id) => `    async ${id}(`,
  },
  kotlin: {
    models: 'src/main/kotlin/todos/client/models',
    model: /^(.+)\.kt$/,
    api: (tag) => `src/main/kotlin/todos/client/apis/${pascal(tag)}Api.kt`,
    group: (tag) => `open class ${pascal(tag)}Api(`,
    operation: (id) => `    fun ${id}(`,
  },
  java: {
    models: 'src/main/java/todos/client/model',
    model: /^(?!AbstractOpenApiSchema)(.+)\.java$/,
    api: (tag) => `src/main/java/todos/client/api/${pascal(tag)}Api.java`,
    group: (tag) => `public class ${pascal(tag)}Api `,
    operation: (id) => ` ${id}(`,
  },
  python: {
    models: 'todos_client/models',
    model: /^(?!__init__)(.+)\.py$/,
    api: (tag) => `todos_client/api/${tag}_api.py`,
    group: (tag) => `class ${pascal(tag)}Api:`,
    operation: (id) => `    def ${snake(id)}(`,
  },
  go: {
    models: '',
    model: /^model_(.+)\.go$/,
    api: (tag) => `api_${tag}.go`,
    group: (tag) => `type ${pascal(tag)}APIService `,
    operation: (id) => `) ${pascal(id)}(`,
  },
  rust: {
    models: 'src/models',
    model: /^(?!mod)(.+)\.rs$/,
    api: (tag) => `src/apis/${tag}_api.rs`,
    group: () => 'use crate::{apis::ResponseContent, models};',
    operation: (id) => `pub async fn ${snake(id)}(`,
  },
};

/** What docs/clients.md says of languages without a program here, and the place that decides it. */
const SAID = [
  {
    language: 'dart',
    says: 'leaves out what was not set, by its options',
    file: 'lib/model/todo_patch.dart',
    evidence: /if \(this\.description\.isPresent\) \{/,
  },
  {
    language: 'csharp',
    says: 'leaves out what was not set, by its options',
    file: 'src/Todos.Client/Model/TodoPatch.cs',
    evidence: /bool ShouldSerializeDescription\(\)/,
  },
  {
    language: 'elixir',
    says: 'sends every member of the struct',
    file: 'lib/open_api_todos/model/todo_patch.ex',
    evidence: /@derive JSON\.Encoder\s+defstruct \[\s+:title,\s+:description,\s+:done\s+\]/,
  },
  {
    language: 'elixir',
    says: 'takes a map as the body',
    file: 'lib/open_api_todos/request_builder.ex',
    evidence:
      /def add_param\(request, :body, :body, value\), do: Map\.put\(request, :body, value\)/,
  },
  {
    language: 'powershell',
    says: 'sends every member of what Initialize-TodoPatch makes',
    file: 'src/PSOpenAPITools/Model/TodoPatch.ps1',
    evidence: /'description' = \$\{Description\}/,
  },
  {
    language: 'powershell',
    says: 'takes a hashtable as the body',
    file: 'src/PSOpenAPITools/Api/TodosApi.ps1',
    evidence: /\[PSCustomObject\]\s+\$\{TodoPatch\}[\s\S]*\$TodoPatch \| ConvertTo-Json/,
  },
  {
    language: 'powershell',
    says: 'drops $false from a query',
    file: 'src/PSOpenAPITools/Api/TodosApi.ps1',
    evidence: /if \(\$Done\) \{\s+\$LocalVarQueryParameters\['done'\] = \$Done/,
  },
  {
    language: 'crystal',
    says: 'leaves out what was not set',
    file: 'src/openapi_client/models/todo_patch.cr',
    evidence: /JSON::Field\(key: "description", emit_null: false\)/,
  },
  {
    language: 'perl',
    says: 'leaves out what was not set',
    file: 'lib/WWW/OpenAPIClient/Object/TodoPatch.pm',
    evidence: /if \(defined \$self->\{\$_key\}\)/,
  },
  {
    language: 'php',
    says: 'leaves out what was not set',
    file: 'lib/ObjectSerializer.php',
    evidence:
      /isNullable\(\$property\) && \$data->isNullableSetToNull\(\$property\)\) \|\| \$value !== null/,
  },
  {
    language: 'php',
    says: 'sends true and false in a query if it is set to',
    file: 'lib/ObjectSerializer.php',
    evidence:
      /BOOLEAN_FORMAT_STRING == Configuration::[\s\S]*? return \$value \? 'true' : 'false';/,
  },
  {
    language: 'ruby',
    says: 'leaves out what was not set',
    file: 'lib/openapi_client/models/todo_patch.rb',
    evidence: /next if !is_nullable \|\| \(is_nullable && !instance_variable_defined\?/,
  },
  {
    language: 'scala-sttp4',
    says: 'has no value for what was not set',
    file: 'src/main/scala/org/openapitools/client/model/TodoPatch.scala',
    evidence: /description: Option\[String\] = None/,
  },
  {
    language: 'swift6',
    says: 'leaves out what was not set',
    file: 'Sources/OpenAPIClient/Models/TodoPatch.swift',
    evidence: /encodeIfPresent\(description/,
  },
  {
    language: 'c',
    says: 'sends a boolean of a query as a number',
    file: 'api/TodosAPI.c',
    evidence: /snprintf\(valueQuery_done, MAX_NUMBER_LENGTH, "%d", \*done\)/,
  },
];

const noJava = (await missing(['java'])).length > 0 && process.env['CI'] !== 'true';
const folder = temporaryFolder();
afterAll(folder[Symbol.dispose]);

/** The contract's schemas that have members or a list of values; the others are texts. */
const MODELS = Object.entries(document.components?.schemas ?? {})
  .filter(([, schema]) => 'properties' in schema || 'enum' in schema)
  .map(([name]) => name);

describe.skipIf(noJava)('good names', () => {
  for (const [name, language] of Object.entries(LANGUAGES)) {
    const client = join(ROOT, 'generated/clients', name);

    test(`${name} has the models of the contract, and no others`, async () => {
      const files = await readdir(join(client, language.models));
      const models = files.flatMap((file) => language.model.exec(file)?.[1] ?? []);
      const spelled = (names: string[]) =>
        names.map((model) => model.replaceAll('_', '').toLowerCase()).sort();
      expect(spelled(models)).toEqual(spelled(MODELS));
    });

    test(`${name} has the operations of the contract, in groups`, async () => {
      for (const { operation } of listOperations(document)) {
        const [tag = ''] = operation.tags ?? [];
        const source = await readFile(join(client, language.api(tag)), 'utf8');
        const declared = [language.group(tag), language.operation(operation.operationId ?? '')];
        expect(declared.filter((text) => !source.includes(text))).toEqual([]);
      }
    });

    test(`${name} has no name that a generator made up`, async () => {
      const paths = Object.keys(await hashFiles(client));
      const texts = await Promise.all(paths.map((path) => readFile(join(client, path), 'utf8')));
      const sources = texts.join('\n');
      expect(sources.includes('CreatedAtDescending')).toBe(true);
      expect(sources.match(/\w*(InlineObject|_?\d{3}_?response\b|(One|Any|All)Of\d?\b)\w*/g)).toBe(
        null,
      );
    });
  }
});

describe.skipIf(noJava)('generation', () => {
  test('makes the same bytes twice, in every language', async () => {
    const again = folder.file('again');
    await generate(['--output', again]);
    const first = inject('generated'); // before anything was built there
    expect(Object.keys(first).length).toBeGreaterThan(200);
    expect(await hashFiles(again)).toEqual(first);
  });

  test('lists the available generators after an unknown name', async () => {
    const { code, output } = await generate(['--output', folder.path, 'klingon']);
    expect(code).toBe(1);
    expect(output).toMatch(/klingon[\s\S]*\nkotlin\n/);
  });

  test('runs no generator but the one that openapitools.json names', async () => {
    const tree = folder.file('tree');
    copyProject(tree, ['node_modules']);
    const { 'generator-cli': pinned } = JSON.parse(
      await readFile(join(tree, 'openapitools.json'), 'utf8'),
    );
    const jar = join(tree, pinned.storageDir, `${pinned.version}.jar`);
    await mkdir(join(tree, pinned.storageDir), { recursive: true });
    await writeFile(jar, 'another program');

    const { code, output } = await generate([], {}, tree);
    expect(code).toBe(1);
    expect(output).toMatch(
      /has the SHA-256 [0-9a-f]{64}, which is not the one in openapitools.json/,
    );
    expect(existsSync(jar)).toBe(false);
    expect(existsSync(join(tree, 'generated/clients'))).toBe(false);
  });
});

test('the generated clients are not in git', async () => {
  const { output } = await shell('git ls-files generated', { cwd: ROOT });
  expect(output).toBe('generated/openapi.d.ts\ngenerated/openapi.json\n');
  const ignored = await shell('git check-ignore generated/clients/go/client.go', { cwd: ROOT });
  expect(ignored.code).toBe(0);
});

test('what docs/clients.md shows of the Kotlin program is there', async () => {
  const page = await readFile(join(ROOT, 'docs/clients.md'), 'utf8');
  const [, shown = ''] = /```kotlin\n([\s\S]*?)```/.exec(page) ?? [];
  const path = 'examples/kotlin/src/main/kotlin/Todos.kt';
  const program = (await readFile(join(ROOT, path), 'utf8')).split('\n').map((line) => line.trim());
  const lines = shown.split('\n').map((line) => line.trim());
  expect(program).toEqual(expect.arrayContaining(lines.filter((line) => !line.startsWith('//'))));
  expect(lines.length).toBeGreaterThan(10);
});

describe.skipIf(noJava)('in a language that has no program here', () => {
  const others = folder.file('others');
  beforeAll(async () => {
    const languages = [...new Set(SAID.map(({ language }) => language))];
    const { code, output } = await generate(['--output', others, ...languages]);
    expect(code, output).toBe(0);
    expect(output).toBe(languages.map((name) => `${join(others, name)}\n`).join(''));
  });

  test('the client has the names of the contract', async () => {
    const files = Object.keys(await hashFiles(join(others, 'csharp')));
    const names = files.map((path) => basename(path));
    expect(names).toEqual(expect.arrayContaining(['AuthApi.cs', 'NewTodo.cs', 'Problem.cs']));
  });

  test.each(SAID)('$language: $says', async ({ language, file, evidence }) => {
    expect(await readFile(join(others, language, file), 'utf8')).toMatch(evidence);
  });
});
