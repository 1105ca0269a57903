#!/usr/bin/env node
// Checks by HTTP whether a service keeps the contract. `--help` lists the options.
import { closeSync, openSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { specification, useSpecification } from './specification.ts';

const HELP = `openapi-todos-contract --base-url URL [options]

Holds the service at URL against its contract. Prints every check, by operation and status, and where
the service differs: the request, what was expected by which line of the contract, and the answer.
The users that it registers are deleted at the end.

  --base-url URL     where the service is (default: http://localhost:8000)
  --only NAME        only the operations of a tag (todos), or one (createTodo)
  --spec FILE        another contract: an OpenAPI 3 document, YAML or JSON
  --token TOKEN      an access token, where the suite cannot sign in by itself (with --spec)
  --origin URL       an origin whose pages may call the service; without it, CORS is not checked
  --body-limit N     the largest body that the service takes, in bytes (default: 65536; with --spec,
                     not checked)
  --junit FILE       writes the results as JUnit XML, too
  --bail             ends with the first failure
  --list             prints the checks and runs none

Exit codes: 0 the service keeps the contract; 1 it does not; 2 there was nothing to check, or the run
ended early.

The service has to let people register. It limits registrations and refused logins for each address:
with its defaults, five runs an hour are possible.`;

class UsageError extends Error {}

const OPTIONS = {
  'base-url': { type: 'string', default: 'http://localhost:8000' },
  only: { type: 'string' },
  spec: { type: 'string' },
  token: { type: 'string' },
  origin: { type: 'string' },
  'body-limit': { type: 'string' },
  junit: { type: 'string' },
  bail: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const { values } = attempt('', () => parseArgs({ options: OPTIONS }));
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { junit, spec } = values;
  const baseUrl = url('--base-url', values['base-url']).replace(/\/+$/, '');
  const origin =
    values.origin === undefined ? undefined : new URL(url('--origin', values.origin)).origin;
  const bodyLimit = limitOf(values['body-limit'], spec !== undefined);
  // fails before a long run, not after it
  if (junit !== undefined) attempt('--junit: ', () => closeSync(openSync(junit, 'a')));
  if (spec !== undefined) attempt(`--spec ${spec}: `, () => useSpecification(spec));
  // these read the contract when they are loaded
  const { aimAt } = await import('./target.ts');
  const { groupsOf, loadChecks, runCommand, TAGS } = await import('./run.ts');
  const { recognize } = await import('./recognize.ts');
  aimAt({ baseUrl, origin, bodyLimit, token: values.token });
  await loadChecks();
  const groups = groupsOf(values.only);
  if (groups.length === 0) {
    throw new UsageError(
      values.only === undefined
        ? `${specification.name} has no operations: there is nothing to check`
        : `--only: there is no tag and no operation "${values.only}". The tags are ${TAGS.join(', ')}.`,
    );
  }
  if (values.list) {
    for (const { name, checks } of groups) {
      console.log([`\n${name}`, ...checks.map(({ title }) => `  ${title}`)].join('\n'));
    }
    return 0;
  }
  const fault = await recognize(specification.name);
  if (fault !== undefined) throw new UsageError(fault);
  const signal = interruption();
  return runCommand({ only: values.only, bail: values.bail, junitFile: junit, signal });
}

/** Makes the sentence of an error that of a wrong option. */
function attempt<Value>(prefix: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    throw new UsageError(prefix + (error instanceof Error ? error.message : error));
  }
}

function url(option: string, value: string): string {
  const isUrl = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  if (!isUrl) throw new UsageError(`${option} must be a URL with http or https, not "${value}"`);
  return value;
}

function limitOf(text: string | undefined, isOther: boolean): number {
  if (text === undefined) return isOther ? Number.POSITIVE_INFINITY : 65_536;
  if (!/^\d+$/.test(text)) {
    throw new UsageError(`--body-limit must be a number of bytes, not "${text}"`);
  }
  return Number(text);
}

/** Ends the run at a signal, or when its output is closed; at a second signal, at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(name));
  }
  process.stdout.on('error', (error) => controller.abort(`the output ended: ${error.message}`));
  return controller.signal;
}
