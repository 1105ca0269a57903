// Promise: generated/openapi.d.ts says what openapi.yaml says.
//
//   npm run generate            writes it
//   npm run generate -- --check exits 1 when it is stale
//
// openapi-typescript leaves `security` out of `operations`; `operationSecurity` adds it, so that a
// handler's principal is tied to the contract. The contract's hash stands in the file because a
// changed constraint (a maxLength) changes no type, yet validation and documentation.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { parse } from 'yaml';

const source = new URL('../openapi.yaml', import.meta.url);
const target = new URL('../generated/openapi.d.ts', import.meta.url);

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const yaml = await readFile(source, 'utf8');
const fresh = await generate(yaml);

if (values.check) {
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present !== fresh) {
    console.error('generated/openapi.d.ts is not what openapi.yaml says: run `npm run generate`');
    process.exitCode = 1;
  }
} else {
  await writeFile(target, fresh);
}

async function generate(text: string): Promise<string> {
  const document: OpenAPI3 = parse(text);
  const nodes = await openapiTS(document, {
    alphabetize: false,
    defaultNonNullable: false, // a request member with a default stays optional
    inject: securityType(document),
  });
  const hash = createHash('sha256').update(text).digest('hex');
  return `// Made from openapi.yaml by \`npm run generate\`; never edited.\n// openapi.yaml sha256: ${hash}\n${astToString(nodes)}`;
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
