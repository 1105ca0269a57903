import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/lint-words.ts', import.meta.url));

/** Runs the check in a new repository with the given files. */
function lint(files: Record<string, string>) {
  using folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(folder.file(path)), { recursive: true });
    writeFileSync(folder.file(path), text);
  }
  const cwd = folder.path;
  spawnSync('git', ['init', '--quiet'], { cwd });
  spawnSync('git', ['add', '.'], { cwd });
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, cwd], { encoding: 'utf8' });
  return { status, lines: stderr.split('\n').filter((line) => line) };
}

test('a word with a better term is an error, with its line and the term', () => {
  const { status, lines } = lint({
    'docs/page.md': '# Page\n\nThe audit trail of a user.\n',
    'scripts/run.ts': 'const startAnew = 1;\nconst MAX_LANES = 2;\n',
  });
  expect(lines).toEqual([
    'docs/page.md:3: "trail": write audit log',
    'scripts/run.ts:1: "anew": write again',
    'scripts/run.ts:2: "lanes": write request queue',
  ]);
  expect(status).toBe(1);
});

test('a comment on the same line allows a word, with a reason', () => {
  const allowed = 'a lane // words-allow: lane (a label of a metric)\n';
  expect(lint({ 'a.ts': allowed })).toEqual({ status: 0, lines: [] });
  const other = 'a lane, a trail // words-allow: lane (a label of a metric)\n';
  expect(lint({ 'a.ts': other }).lines).toEqual(['a.ts:1: "trail": write audit log']);
  const withoutReason = 'a lane // words-allow: lane\n';
  expect(lint({ 'a.ts': withoutReason }).status).toBe(1);
});

test('an allowance of a word that is not on its line is an error', () => {
  const { status, lines } = lint({ 'a.ts': 'a queue // words-allow: lane (a label)\n' });
  expect(lines).toEqual(['a.ts:1: "lane" is allowed, but not there']);
  expect(status).toBe(1);
});

test('names of metrics, data in quotes, generated files and old releases are not checked', () => {
  const { status, lines } = lint({
    'a.ts': "metric('sweep_failures_total'); login('nobody');\n",
    'generated/a.ts': 'an audit trail\n',
    'CHANGELOG.md': '# Changelog\n\n## Unreleased\n\n## 0.3.0\n\n- An audit trail.\n',
  });
  expect(lines).toEqual([]);
  expect(status).toBe(0);
});
