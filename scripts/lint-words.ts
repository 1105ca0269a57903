// Finds words that have a better term, mostly one of docs/glossary.md, in all text files of the project.
// Identifiers are split at capital letters and underscores. A word alone in quotes is data.
//
//   node scripts/lint-words.ts [FOLDER]    part of npm run check; exits with 1 if it finds a word
//
// A comment on the same line allows a word: `words-allow: lane (a label that dashboards use)`.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BETTER_TERMS: Record<string, string> = {
  told: 'reported, notified, or what the program does',
  'tell|tells|telling': 'report, say, or distinguish',
  untold: 'not reported',
  'nobody|nobodys': 'no user, no client, no process …',
  'somebody|anybody|everybody': 'a user, any client, all processes …',
  whoever: 'the user who, the client that …',
  begun: 'started',
  anew: 'again',
  trail: 'audit log',
  'lane|lanes': 'request queue',
  'sweep|sweeps|swept|sweeper': 'retention job, purge',
  shed: 'rejected',
  'spend|spends': 'rotate',
  excuses: 'is within the reuse leeway',
  crowded: 'over the limit',
  sighting: 'token state',
};
const TERMS = Object.entries(BETTER_TERMS).map(([words, term]) => ({
  pattern: new RegExp(`(?<!['"\`])\\b(${words})\\b|\\b(${words})\\b(?!['"\`])`, 'gi'),
  term,
}));

/** Names that dashboards use, so they cannot change. */
const PUBLIC_NAMES = /\b(sweep_\w+|http_requests_shed_total|lane(?==|,state|'|: ))/g;
const ALLOWANCE = /words-allow: ([a-z ]+) \(.+?\)/;
const IGNORED = /^generated\/|lint-words|package-lock\.json$|\.(lock|gz|png|svg|sqlite)$/;

const root = process.argv[2] ?? join(import.meta.dirname, '..');

function checkFile(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const current = file === 'CHANGELOG.md' ? text.split(/^## \d/m, 1).join() : text;
  return current
    .split('\n')
    .flatMap((line, index) => checkLine(line).map((message) => `${file}:${index + 1}: ${message}`));
}

function checkLine(line: string): string[] {
  const [allowance = '', allowed] = ALLOWANCE.exec(line) ?? [];
  const words = line
    .replace(allowance, '')
    .replace(PUBLIC_NAMES, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ');
  const found = TERMS.flatMap(({ pattern, term }) =>
    [...words.matchAll(pattern)].map(([word]) => ({ word: word.toLowerCase(), term })),
  );
  const rejected = found.filter(({ word }) => word !== allowed);
  const messages = rejected.map(({ word, term }) => `"${word}": write ${term}`);
  if (allowed && rejected.length === found.length) {
    messages.push(`"${allowed}" is allowed, but not there`);
  }
  return messages;
}

const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
const files = tracked.filter((file) => file && !IGNORED.test(file) && existsSync(join(root, file)));
const faults = files.flatMap(checkFile);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
