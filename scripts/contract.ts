// Promise: tells a server that keeps the contract from one that does not, whoever wrote it, by HTTP
// alone. `npm run contract -- --help` says how.

import { coverage, hasSeen } from '../test/contract/coverage.ts';
import { cleanUp } from '../test/contract/people.ts';
import { runFiles, suiteOf, TAGS } from '../test/contract/run.ts';
import { aimAt, target } from '../test/contract/target.ts';
import { readCommandLine } from './command-line.ts';

const HELP = `npm run contract -- --base-url URL [--only TAG] [--junit FILE]

Holds the service at URL against openapi.yaml, with users that it registers itself, and cleans up
after itself (only the accounts stay, named contract-…: the contract lets nobody delete one). Prints
what it checked, by operation and status; where the service differs, the request, what was expected by
which line of openapi.yaml, and what came. Exits 1 then.

  --base-url URL    where the service is (default: http://localhost:8000)
  --only TAG        only the operations of a tag (${TAGS.join(', ')}), or one (login)
  --junit FILE      writes the results as JUnit's XML, too
  --bail            ends with the first failure

What the operator of the service may have set otherwise:
  --origin ORIGIN   one whose pages may call the service, or none (default: http://localhost:3000)
  --body-limit N    largest body that the service takes, in bytes (default: 65536)

The service has to let people register. It counts registrations and refused logins by address: with
its defaults, ten runs an hour are none too many.`;

const NO_SUITE = `--only is an operation or a tag: ${TAGS.join(', ')}`;

const { values } = readCommandLine({
  options: {
    'base-url': { type: 'string', default: 'http://localhost:8000' },
    only: { type: 'string' },
    junit: { type: 'string' },
    bail: { type: 'boolean', default: false },
    origin: { type: 'string', default: 'http://localhost:3000' },
    'body-limit': { type: 'string', default: '65536' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  console.log(HELP);
} else {
  process.exitCode = await main();
}

async function main(): Promise<number> {
  const suite = suiteOf(values.only);
  const fault = aim() ?? (suite ? await silence() : NO_SUITE);
  if (!suite || fault !== undefined) {
    console.error(fault);
    return 1;
  }
  const { passed, failed } = await runFiles(suite, values.junit);
  const left = await cleanUp();
  if (left.length > 0) console.log(`Could not clean up after ${left.join(', ')}.`);
  if (hasSeen('register', 403)) console.log('Registration is closed there: open it for the run.');
  if (hasSeen('login', 429) || hasSeen('register', 429))
    console.log('Attempts are limited there: some answers say only that.');
  console.log(`\nOf the contract: ${coverage().summary}.`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** @returns what is wrong with the options, if anything is */
function aim(): string | undefined {
  const { origin, 'base-url': url, 'body-limit': limit } = values;
  if (!URL.canParse(url)) return `--base-url must be a URL, not "${url}"`;
  if (!/^\d+$/.test(limit)) return `--body-limit must be a number of bytes, not "${limit}"`;
  aimAt({
    baseUrl: url.replace(/\/+$/, ''),
    origin: origin === 'none' ? undefined : origin,
    bodyLimit: Number(limit),
    bail: values.bail,
  });
  return undefined;
}

/** @returns that nothing answers there, if nothing does */
async function silence(): Promise<string | undefined> {
  try {
    await fetch(`${target.baseUrl}/healthz`, { signal: AbortSignal.timeout(10_000) });
    return undefined;
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return `Nothing answers at ${target.baseUrl}: ${cause}`;
  }
}
