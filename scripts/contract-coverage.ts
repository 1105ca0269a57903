// Checks that the service sends every status, header and code that openapi.yaml declares for each
// operation. It runs the contract suite, then starts the service with the faults that no client can
// cause. It prints a table of what it has seen, and exits with 1 if something is missing.
//
//   npm run contract -- coverage [--results FILE]    also writes how many checks passed and failed
import { exportJWK, generateKeyPair } from 'jose';
import { registeredGroups } from '../test/contract/checks.ts';
import { coverage } from '../test/contract/coverage.ts';
import { importFolder, loadChecks, runSuite } from '../test/contract/run.ts';
import { startProcess } from '../test/contract/service-process.ts';
import { aimAt } from '../test/contract/target.ts';
import { readCommandLine, reportCounts } from './command-line.ts';

const { values } = readCommandLine({ options: { results: { type: 'string' } } });

const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
const key = { ...(await exportJWK(privateKey)), alg: 'EdDSA' };
const service = await startProcess({ JWT_KEYS: JSON.stringify({ keys: [key] }) });
aimAt({ baseUrl: service.url, origin: 'http://localhost:3000' });
await loadChecks();
await importFolder('faults/');
const { passed, failed } = await runSuite(registeredGroups(), {});
await service.stop();

const { table, summary, missing } = coverage();
const absent = missing.map((declaration) => `not seen: ${declaration}`);
console.log(
  ['', table, '', `${summary}`, ...absent, `${passed} passed, ${failed} failed`].join('\n'),
);
reportCounts(passed, failed + missing.length, values.results);
