// The consumers of docs/tools.md take the contract as it is in the repository; those that validate also
// take it as it is served, and with COMPLETE=1 all do.
import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { pythonExecutable, ROOT } from '../../scripts/tools.ts';
import { missing, shell } from '../languages/shell.ts';
import { startService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { DEMO } from '../support/users.ts';

const TOOLS = join(ROOT, 'tools/consumers');
const page = readFileSync(join(ROOT, 'docs/tools.md'), 'utf8');

/** The first table: each consumer and its command. */
const consumers = [...page.matchAll(/^\| (\S+) \| ([^|]+) \| `(.+)` \|$/gm)]
  .map(([, name = '', does = '', command = '']) => ({ name, does, command }))
  .filter(({ command }) => !command.startsWith('npm run ')); // which have tests of their own

const [, section = ''] = /### openapi-generator\n([\s\S]*?)\. No file/.exec(page) ?? [];
const generators = [...section.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name);

/** Warnings of a consumer that no contract can mend. */
const NOT_OURS: Record<string, RegExp[]> = {
  ogen: [
    /will not be enforced yet/, // it does not compare the member `status` with the status
    /String validator cannot be applied to generated type/, // it reads ids and times by their format
    /Header name is not canonical/, // to Go, `WWW-Authenticate` is `Www-Authenticate`
  ],
  Dredd: [
    /not fully supported|contains (unsupported|invalid) key|only one example/, // it knows OpenAPI 3.0
    /property 'padLevels'/, // of a package that it uses
  ],
  Specmatic: [
    /no associated (request|response) example|has no request parameters or body/, // it pairs them by name
    /Please check the regex/, // it quotes `"` within a pattern
  ],
};
const OF_NODE = /ExperimentalWarning|DeprecationWarning|Use `node --trace/;

function warningsIn(output: string, consumer: string): string[] {
  const ignored = [OF_NODE, ...(NOT_OURS[consumer] ?? [])];
  return output
    .split('\n')
    .filter((line) => /\b(warn(ing)?|error)\b/i.test(line) && !ignored.some((r) => r.test(line)));
}

/** Parts of a name that openapi-generator makes up for a schema that has none. */
const MADE_UP = /\w*(InlineObject|_?\d{3}_?response\b|(One|Any|All)Of\d?\b)\w*/i;

const absent = process.env['CI'] === 'true' ? [] : await missing(['go', 'java']);

/** Whether a command must be left out on this machine. CI leaves none out. */
const isLeftOut = (command: string) =>
  absent.some((language) => new RegExp(`\\b${language} `).test(command));

const folder = temporaryFolder();
afterAll(folder[Symbol.dispose]);
const served = folder.file('served.json');
const documents = [
  { source: 'openapi.yaml', file: join(ROOT, 'openapi.yaml'), isForAll: true },
  { source: 'GET /openapi.json', file: served, isForAll: process.env['COMPLETE'] === '1' },
];
const paths = [
  join(TOOLS, 'node_modules/.bin'),
  join(pythonExecutable(TOOLS, 'python'), '..'),
  join(ROOT, 'node_modules/.bin'),
  process.env['PATH'],
];
const NODE_PATH = join(TOOLS, 'node_modules');
const TSC = [
  'tsc --noEmit --strict --skipLibCheck --target es2022 --module esnext',
  '--moduleResolution bundler --allowImportingTsExtensions --lib es2022,dom,dom.iterable',
].join(' ');
const environment = { PATH: paths.join(delimiter), NODE_PATH, TOOLS, TSC };
symlinkSync(NODE_PATH, folder.file('node_modules')); // for what the generated code imports

/** A service, and what a command needs to know to use it as its demo user. */
async function startSignedIn() {
  const service = await startService();
  const { data } = await service.client().login(DEMO.username, DEMO.password);
  const variables = { URL: service.url, TOKEN: data?.access_token };
  return { variables, [Symbol.asyncDispose]: service.close };
}

async function fetchContract() {
  await using service = await startService();
  return (await fetch(`${service.url}/openapi.json`)).text();
}
writeFileSync(served, await fetchContract());

test('docs/tools.md names at least 20 consumers to run, and 20 languages of openapi-generator', () => {
  expect(consumers.length).toBeGreaterThanOrEqual(20);
  expect(generators.length).toBeGreaterThanOrEqual(20);
});

describe.each(documents)('$source', ({ file, isForAll }) => {
  const takers = consumers.filter(({ does }) => isForAll || does === 'validates');
  for (const { name, command } of takers) {
    test.skipIf(isLeftOut(command))(
      `by ${name}`,
      async ({ signal }) => {
        const OUT = mkdtempSync(folder.file('out-'));
        await using service = command.includes('$URL') ? await startSignedIn() : undefined;
        const { code, output } = await shell(command, {
          cwd: TOOLS,
          env: { ...environment, ...service?.variables, CONTRACT: file, OUT },
          signal,
        });
        expect(code, output.slice(-2000)).toBe(0);
        expect(warningsIn(output, name)).toEqual([]);
      },
      command.includes('go tool') ? 600_000 : 120_000, // Go fetches and compiles the consumer at its first run
    );
  }

  test.skipIf(isLeftOut('java ') || !isForAll)(
    'by openapi-generator, in every language',
    async ({ signal }) => {
      const out = mkdtempSync(folder.file('generators-'));
      const configurations = generators.map((generatorName) => {
        const path = join(out, `${generatorName}.json`);
        const outputDir = join(out, generatorName);
        writeFileSync(path, JSON.stringify({ generatorName, inputSpec: file, outputDir }));
        return path;
      });
      const cli = 'node_modules/@openapitools/openapi-generator-cli/main.js';
      const command = [process.execPath, cli, 'batch', '--root-dir', '/', ...configurations];
      const { code, output } = await shell(command.join(' '), {
        cwd: ROOT,
        env: { JAVA_OPTS: '-XX:TieredStopAtLevel=1' }, // quicker for a run of a minute
        signal,
      });
      expect(code, output.slice(-2000)).toBe(0);
      for (const generator of generators) {
        const made = readdirSync(join(out, generator), { recursive: true, encoding: 'utf8' });
        expect(made.length, generator).toBeGreaterThan(5);
        expect(made.filter((name) => MADE_UP.test(name))).toEqual([]);
      }
    },
    600_000,
  );
});
