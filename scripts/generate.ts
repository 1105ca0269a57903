// Promise: generated/ says what openapi.yaml says: its types (openapi.d.ts), and the document itself
// parsed (openapi.json), because parsing YAML takes longer than the rest of the service's start.
//
//   npm run generate            writes it
//   npm run generate -- --check exits 1 when it is stale
//
// openapi-typescript leaves `security` out of `operations`; `operationSecurity` adds it, so that a
// handler's principal is tied to the contract. The contract's hash stands in the file because a
// changed constraint (a maxLength) changes no type, yet validation and documentation.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { parse } from 'yaml';
import { hashOf } from '../src/http/openapi-document.ts';
import { readCommandLine } from './command-line.ts';

const source = new URL('../openapi.yaml', import.meta.url);

const { values } = readCommandLine({ options: { check: { type: 'boolean', default: false } } });
const yaml = await readFile(source, 'utf8');
const generated = {
  'openapi.d.ts': await generateTypes(yaml),
  'openapi.json': `${JSON.stringify({ sha256: hashOf(yaml), document: parse(yaml) })}\n`,
};

for (const [name, fresh] of Object.entries(generated)) {
  const target = new URL(`../generated/${name}`, import.meta.url);
  if (!values.check) await writeFile(target, fresh);
  else if ((await readFile(target, 'utf8').catch(() => '')) !== fresh) {
    console.error(`generated/${name} is not what openapi.yaml says: run \`npm run generate\``);
    process.exitCode = 1;
  }
}

async function generateTypes(text: string): Promise<string> {
  const document: OpenAPI3 = parse(text);
  const nodes = await openapiTS(document, {
    alphabetize: false,
    defaultNonNullable: false, // a request member with a default stays optional
    inject: securityType(document),
  });
  return `// Made from openapi.yaml by \`npm run generate\`; never edited.\n// openapi.yaml sha256: ${hashOf(text)}\n${astToString(nodes)}`;
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
  return `/** The security scheme each operation asks for; \`never\` when it is public. */\nexport interface operationSecurity {\n${lines.join('\n')}\n}`;
}
