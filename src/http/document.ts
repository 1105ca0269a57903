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

source.set('servers', [{ url: PLACE }]);

/** The contract as it is handed out. */
export const formats = { yaml: source.toString(), json: JSON.stringify(source.toJS()) };
