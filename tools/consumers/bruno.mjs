// @usebruno/converters is a library; this makes a collection with it and counts the requests.
import { readFileSync } from 'node:fs';
import { openApiToBruno } from '@usebruno/converters';
import { parse } from 'yaml';

const count = (items) => items.reduce((n, { items: inner }) => n + (inner ? count(inner) : 1), 0);
const { items } = await openApiToBruno(parse(readFileSync(process.env.CONTRACT, 'utf8')));
if (count(items) < 20) throw new Error(`only ${count(items)} requests`);
