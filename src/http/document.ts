import { readFileSync } from 'node:fs';
import type { OpenAPIV3 } from 'express-openapi-validator/dist/framework/types.js';
import { parseDocument } from 'yaml';

/** openapi.yaml, parsed. */
export type ContractDocument = OpenAPIV3.DocumentV3_1;

/** Stands in `servers` for where the service runs: every request may have come another way. */
export const PLACE = 'https://service.invalid';

const source = parseDocument(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8'));

/** The contract; read once, whatever number of services a process starts. */
export const document: ContractDocument = source.toJS();

/** The contract as it is handed out, made when somebody asks for it. */
export const formats = {
  yaml: once(() => placed().toString()),
  json: once(() => JSON.stringify(placed().toJS())),
};

function placed() {
  const copy = source.clone();
  copy.set('servers', [{ url: PLACE }]);
  return copy;
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
