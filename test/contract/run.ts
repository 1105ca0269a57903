// One run of the suite against a service, from the first request to the deletion of its users.
import { readdirSync, writeFileSync } from 'node:fs';
import { type Group, registeredGroups } from './checks.ts';
import { interruptWith } from './client.ts';
import { coverage, hasSeen } from './coverage.ts';
import { deriveChecks } from './derived/all.ts';
import { type Operation, operations } from './document.ts';
import { junit } from './junit.ts';
import { isOwnContract } from './own.ts';
import { cleanUp } from './people.ts';
import { Report } from './report.ts';
import { count, type Result, runGroups } from './runner.ts';

/** The tags of the contract. */
export const TAGS = [...new Set(operations.flatMap(({ tags }) => tags))];

/** Registers the checks of the contract: those of its own, and those that come from the document. */
export async function loadChecks(): Promise<void> {
  if (isOwnContract) await importFolder('suite/');
  deriveChecks();
}

/** Imports the modules of a folder beside this file, which register their checks. */
export async function importFolder(name: string): Promise<void> {
  const folder = new URL(name, import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  for (const file of files) {
    if (/\.[jt]s$/.test(file)) await import(new URL(file, folder).href);
  }
}

/** The operations of a tag, or the one with this id; all, if nothing is given. */
export function listOperations(only?: string): Operation[] {
  if (only === undefined) return operations;
  return operations.filter(({ operationId, tags }) => operationId === only || tags.includes(only));
}

/** The groups of checks of a tag or an operation, or all. */
export function groupsOf(only?: string): Group[] {
  const groups = registeredGroups();
  if (only === undefined) return groups;
  const chosen = listOperations(only);
  return groups.filter(({ name }) =>
    chosen.some(({ operationId }) => isOfOperation(name, operationId)),
  );
}

/** `listTodos, page by page` belongs to listTodos. */
export function isOfOperation(group: string, id: string): boolean {
  return group === id || group.startsWith(`${id},`);
}

export interface CommandRun {
  bail?: boolean;
  signal?: AbortSignal;
  junitFile?: string | undefined;
  only?: string | undefined;
}

export async function runSuite(groups: Group[], options: CommandRun) {
  const report = new Report((text) => process.stdout.write(text));
  interruptWith(options.signal);
  const run = await runGroups(groups, {
    ...options,
    onGroup: ({ name }) => report.group(name),
    onResult: (result) => report.result(result),
  });
  interruptWith(undefined);
  console.log(`\n${report.summary().join('\n')}`);
  return { ...run, ...count(run.results) };
}

/** @returns the exit code */
export async function runCommand(options: CommandRun): Promise<number> {
  const { results, endedBy, passed, failed, skipped } = await runSuite(
    groupsOf(options.only),
    options,
  );
  const left = await cleanUp();
  if (left.length > 0) console.log(`These users could not be deleted: ${left.join(', ')}`);
  for (const hint of hints()) console.log(hint);
  if (endedBy) console.log(`The run ended early: ${endedBy}.`);
  const seen = coverage(listOperations(options.only));
  console.log(`\nOf the contract: ${seen.summary}.`);
  for (const line of seen.missingByStatus) console.log(`  not seen: ${line}`);
  const derived = results.filter(({ check }) => check.isDerived).length;
  console.log(
    `\n${results.length} checks, ${derived} of them from the document\n` +
      `${passed} passed, ${failed} failed, ${skipped} skipped`,
  );
  if (options.junitFile !== undefined && !wrote(options.junitFile, results)) return 2;
  if (endedBy && !options.bail) return 2;
  return failed > 0 ? 1 : 0;
}

function hints(): string[] {
  if (!isOwnContract) return [];
  return [
    ...(hasSeen('register', 403) ? ['Registration is closed there: open it for the run.'] : []),
    ...(hasSeen('login', 429) || hasSeen('register', 429)
      ? ['Attempts are limited there: some answers say only that.']
      : []),
  ];
}

function wrote(file: string, results: Result[]): boolean {
  try {
    writeFileSync(file, junit(results));
    return true;
  } catch (error) {
    console.error(`--junit: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}
