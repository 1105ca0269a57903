// @scalar/openapi-parser is a library.
import { readFileSync } from 'node:fs';
import { validate } from '@scalar/openapi-parser';

const { valid, errors } = await validate(readFileSync(process.env.CONTRACT, 'utf8'));
if (!valid) throw new Error(JSON.stringify(errors));
