// @readme/openapi-parser is a library.
import { validate } from '@readme/openapi-parser';

const { valid, errors, warnings } = await validate(process.env.CONTRACT);
if (!valid || warnings.length > 0) throw new Error(JSON.stringify({ errors, warnings }));
