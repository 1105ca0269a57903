// The text of the contract: openapi.yaml of this package, or the file of `--spec`, which has to be set
// before document.ts is loaded.
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';

/** Beside the compiled files in the package, at the root in the project. */
const OWN = ['openapi.yaml', '../../openapi.yaml']
  .map((path) => new URL(path, import.meta.url))
  .filter((url) => existsSync(url));

const ownText = readFileSync(OWN[0] ?? 'openapi.yaml', 'utf8');

export const specification = { name: 'openapi.yaml', text: ownText };

/**
 * Takes another contract.
 * @throws Error with a sentence, if the file is none
 */
export function useSpecification(file: string): void {
  const text = readFileSync(file, 'utf8');
  const version = versionOf(text);
  if (typeof version !== 'string' || !version.startsWith('3.')) {
    throw new Error('it is no OpenAPI 3 document');
  }
  Object.assign(specification, { name: basename(file), text });
}

function versionOf(text: string): unknown {
  try {
    return parse(text)?.openapi;
  } catch {
    return undefined;
  }
}

interface Paths {
  paths: Record<string, Record<string, { operationId?: string }>>;
}

/** Whether the contract has all operations of openapi.yaml. */
export function hasOwnOperations(): boolean {
  const theirs: Paths = parse(specification.text);
  const own: Paths = parse(ownText);
  return Object.entries(own.paths).every(([path, item]) =>
    Object.entries(item).every(
      ([method, { operationId }]) =>
        operationId === undefined || theirs.paths?.[path]?.[method]?.operationId === operationId,
    ),
  );
}
