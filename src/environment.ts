import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError, describeVariables, findExample } from './config.ts';
import { decodeText } from './decode-text.ts';

/**
 * Adds the variables of a `.env` file to the environment. A variable that is set already stays.
 * @throws ConfigError if a line of the file is no assignment
 */
export function loadEnvFile(environment: NodeJS.ProcessEnv, path = '.env'): void {
  if (!existsSync(path)) return;
  const text = decodeText(readFileSync(path));
  checkAssignments(text, path);
  const variables = parseEnv(text);
  for (const [name, value] of Object.entries(variables)) environment[name] ??= value;
}

/** @throws ConfigError if a line is no assignment, which parseEnv ignores */
function checkAssignments(text: string, path: string): void {
  const outsideQuotes = text.replaceAll(/=[^\S\n]*(["'`])[\s\S]*?\1/g, keepLineBreaks);
  for (const [index, line] of outsideQuotes.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)|^\s*(export\s+)?[\w.-]+\s*=/.test(line)) continue;
    const name = /^\s*(?:export\s+)?(\w+)/.exec(line)?.[1] ?? ''; // the rest may be a secret
    const example = findExample(name) ?? findExample('PORT');
    const given = name ? `begins with "${name}" and ` : '';
    throw new ConfigError(
      `${path}, line ${index + 1} ${given}is not NAME=VALUE\n  for example: ${example}`,
    );
  }
}

function keepLineBreaks(quoted: string): string {
  return `=${quoted.replaceAll(/[^\n]/g, '')}`;
}

/** With more edits, two names are different words. */
const MAX_EDITS = 2;

/** One sentence for each variable that looks like a misspelt one of the service. */
export function findMisspeltVariables(environment: Record<string, string | undefined>): string[] {
  const known = describeVariables().map(({ name }) => name);
  return Object.keys(environment).flatMap((name) => {
    const nearest = known.includes(name) ? undefined : findNearest(name, known);
    if (!nearest) return [];
    return [`${name} is not a variable of the service and is ignored. Did you mean ${nearest}?`];
  });
}

function findNearest(name: string, known: string[]): string | undefined {
  const upper = name.toUpperCase();
  const maxEdits = Math.min(MAX_EDITS, Math.floor(name.length / 4));
  const [nearest] = known
    .map((candidate) => ({ candidate, edits: countEdits(upper, candidate) }))
    .filter(({ edits }) => edits <= maxEdits)
    .sort((a, b) => a.edits - b.edits);
  return nearest?.candidate;
}

/** Levenshtein distance: characters inserted, deleted or replaced. */
function countEdits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, character] of [...a].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (character === b[column - 1] ? 0 : 1);
      next.push(Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
