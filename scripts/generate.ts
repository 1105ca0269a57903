// Writes the files that are generated from the contract and from src/config.ts:
// - generated/openapi.d.ts: the types;
// - generated/openapi.json: the parsed document, because parsing YAML takes longer than the rest of
//   the service's start;
// - examples/requests.http and examples/bruno (see collections.ts);
// - the variables in docs/configuration.md and .env.example, from src/config.ts.
//
//   npm run generate            writes the files
//   npm run generate -- --check exits with 1 if a file is out of date
//
// A response's examples have every `code` of its problems, so its type allows only those codes.
//
// openapi-typescript leaves `security` out of `operations`. `operationSecurity` adds it, so that the
// type of a handler's principal follows the contract. openapi.d.ts has the contract's hash because a
// changed constraint (a maxLength) changes no type, but it does change validation.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { isScalar, LineCounter, parse, parseDocument, visit } from 'yaml';
import { describeVariables, findExample } from '../src/config.ts';
import type { ContractDocument } from '../src/http/openapi-document.ts';
import { readCommandLine } from './command-line.ts';

const ROOT = new URL('../', import.meta.url);
const PAGE = 'docs/configuration.md';
const ENV_EXAMPLE = '.env.example';

const { values } = readCommandLine({ options: { check: { type: 'boolean', default: false } } });
const yaml = await readFile(new URL('openapi.yaml', ROOT), 'utf8');
exitIfUnreadable(yaml);
// Both parse the contract when they are loaded, and would throw its errors without their lines.
const { hashContract } = await import('../src/http/openapi-document.ts');
const { createCollections } = await import('./collections.ts');
const page = await readFile(new URL(PAGE, ROOT), 'utf8');
const document: ContractDocument & { servers: [{ url: string }] } = parse(yaml);
const generated = {
  'generated/openapi.d.ts': await generateTypes(yaml),
  'generated/openapi.json': `${JSON.stringify({ sha256: hashContract(yaml), document })}\n`,
  ...createCollections(document, document.servers[0].url),
  [PAGE]: withTableOfVariables(page),
  [ENV_EXAMPLE]: envExample(),
};

for (const [name, fresh] of Object.entries(generated)) {
  const target = new URL(name, ROOT);
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present === fresh) continue;
  if (!values.check) {
    await mkdir(new URL('.', target), { recursive: true });
    await writeFile(target, fresh);
  } else {
    const source = [PAGE, ENV_EXAMPLE].includes(name) ? 'src/config.ts' : 'openapi.yaml';
    console.error(`${name} is out of date with ${source}: run \`npm run generate\``);
    process.exitCode = 1;
  }
}

/** Prints the YAML errors and the broken references of the contract, and exits if there are any. */
function exitIfUnreadable(text: string): void {
  const lines = new LineCounter();
  const contract = parseDocument(text, { lineCounter: lines });
  const faults = contract.errors.map(({ pos, message }) => ({ at: pos[0], message }));
  visit(contract, {
    Pair(_key, { key, value }) {
      if (!isScalar(key) || key.value !== '$ref' || !isScalar(value)) return;
      const path = String(value.value).replace(/^#\//, '').split('/');
      if (contract.hasIn(path)) return;
      faults.push({ at: value.range?.[0] ?? 0, message: `there is no ${value.value}` });
    },
  });
  if (faults.length === 0) return;
  for (const { at, message } of faults) {
    const { line, col } = lines.linePos(at);
    console.error(`openapi.yaml:${line}:${col} ${message}`);
  }
  process.exit(1);
}

function withTableOfVariables(text: string): string {
  const head = '| variable | default | meaning |\n| --- | --- | --- |\n';
  const rows = describeVariables().map(
    ({ name, default: value, meaning }) =>
      `| \`${name}\` | ${value ? `\`${value}\`` : ''} | ${meaning} |\n`,
  );
  const [before, rest = ''] = text.split(head, 2);
  return `${before}${head}${rows.join('')}${rest.replace(/^([|<].*\n)*/, '')}`;
}

/** Every variable, commented out, with its meaning and its default or an example. */
function envExample(): string {
  const blocks = describeVariables().map(
    ({ name, default: value, meaning }) =>
      `# ${meaning.replaceAll('`', '')}\n# ${value ? `${name}=${value}` : findExample(name)}\n`,
  );
  const head = '# Copy this file to .env and uncomment what you want to change.\n';
  return [head, ...blocks].join('\n');
}

async function generateTypes(text: string): Promise<string> {
  const document: OpenAPI3 = narrowCodes(parse(text));
  const nodes = await openapiTS(document, {
    alphabetize: false,
    defaultNonNullable: false, // a request member with a default stays optional
    inject: securityType(document),
  });
  return `// Made from openapi.yaml by \`npm run generate\`. Do not edit.\n// openapi.yaml sha256: ${hashContract(text)}\n${astToString(nodes)}`;
}

interface Problems {
  components: {
    responses: Record<string, { content?: Record<string, MediaType> }>;
    examples: Record<string, { value: { code: string } }>;
  };
}

interface MediaType {
  schema: object;
  examples: Record<string, { $ref: string }>;
}

/** Limits the `code` of each problem to the codes of the response's examples. */
function narrowCodes<Document extends Problems & OpenAPI3>(document: Document): Document {
  const { responses, examples } = document.components;
  for (const { content } of Object.values(responses)) {
    const problem = content?.['application/problem+json'];
    if (!problem) continue;
    const names = Object.values(problem.examples).map(({ $ref }) => $ref.split('/').at(-1) ?? '');
    const code = { type: 'string', enum: names.map((name) => examples[name]?.value.code) };
    const narrowed = { type: 'object', required: ['code'], properties: { code } };
    problem.schema = { allOf: [problem.schema, narrowed] };
  }
  return document;
}

function securityType(document: OpenAPI3): string {
  const lines = Object.values(document.paths ?? {}).flatMap((pathItem) =>
    Object.entries(pathItem)
      .filter(([, operation]) => operation?.operationId !== undefined)
      .map(([, operation]) => {
        const requirements: Record<string, string[]>[] =
          operation.security ?? document.security ?? [];
        const schemes = requirements.flatMap((requirement) => Object.keys(requirement));
        const type = schemes.map((scheme) => JSON.stringify(scheme)).join(' | ') || 'never';
        return `  ${operation.operationId}: ${type};`;
      }),
  );
  return `/** The security scheme that each operation requires; \`never\` for a public one. */\nexport interface operationSecurity {\n${lines.join('\n')}\n}`;
}
