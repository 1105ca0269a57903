// Runs files of node:test in this process, so that they share one client, its users and what it saw.
// node:test and not vitest: it comes with Node, starts in no time (every mutant is a run of its own)
// and has the reporters already.
import { createWriteStream, globSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { junit } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { type OperationId, operations } from './document.ts';
import { report } from './report.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** The tags of the contract, and of each operation its own. */
export const TAGS = [...new Set(operations.map(({ tags: [tag] }) => tag))];

/** What is to be run. */
export interface Selection {
  files: string[];
  /** Only that operation, if any. */
  operation?: OperationId | undefined;
}

/** The suite, or what it has for a tag or an operation. */
export function suiteOf(only?: string): Selection | undefined {
  const operation = operations.find(({ operationId }) => operationId === only);
  const tag = operation?.tags[0] ?? only ?? '*';
  if (tag !== '*' && !TAGS.includes(tag)) return undefined;
  return { files: suiteFiles(tag), operation: operation?.operationId };
}

/** The files of a tag, or of all of them. */
export function suiteFiles(tag = '*'): string[] {
  return globSync(`${HERE}suite/${tag}/*.ts`).sort();
}

/** The files that start the service with a fault. */
export function faultFiles(): string[] {
  return globSync(`${HERE}faults/*.ts`).sort();
}

export interface Outcome {
  passed: number;
  failed: number;
}

/** Prints what was checked, and writes it as JUnit's XML if there is a file to write. */
export async function runFiles(
  { files, operation }: Selection,
  junitFile?: string,
): Promise<Outcome> {
  const outcome = { passed: 0, failed: 0 };
  const events = run({
    files,
    isolation: 'none',
    ...(operation && { testNamePatterns: new RegExp(`^${operation}\\b`) }),
  });
  events.on('test:pass', ({ details, skip }) => {
    if (details.type !== 'suite' && skip === undefined) outcome.passed += 1;
  });
  events.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') outcome.failed += 1;
  });
  const printed = events.compose(report);
  printed.pipe(process.stdout);
  const written = junitFile && finished(events.compose(junit).pipe(createWriteStream(junitFile)));
  await Promise.all([finished(printed), written]);
  return outcome;
}
