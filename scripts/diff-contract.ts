// Promise: a change of openapi.yaml that breaks a client comes with a version number that says so
// (Semantic Versioning: a new major one; below 1.0, a new minor one).
//
//   npm run contract -- diff                       openapi.yaml against the last release
//   npm run contract -- diff --base v0.1.0      against that of another commit, branch or tag
//   npm run contract -- diff --base FILE        against a file
//   npm run contract -- diff --revision FILE    another document instead of openapi.yaml
//
// The last release is the newest tag v* that leads here. While there is none, it is the commit where
// this branch left main; on main itself, the commit before.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Missing, main, packages, ROOT, runPackage } from './tools.ts';

await main(async () => {
  const { values } = parseArgs({
    options: { base: { type: 'string' }, revision: { type: 'string' } },
  });
  const revision = resolve(values.revision ?? join(ROOT, 'openapi.yaml'));
  const folder = await packages('contract');
  const reports = mkdtempSync(join(tmpdir(), 'diff-'));
  try {
    const base = baseFile(values.base, reports);
    if (!base) return;
    const report = join(reports, 'report.json');
    const summary = ['--format', 'json', '--output', report];
    const diff = ['diff', base, revision, '--fail-on', 'none'];
    const code = await runPackage(folder, '@redocly/cli', [...diff, ...summary], { quiet: true });
    if (code !== 0) throw new Missing(`redocly cannot compare ${base} with ${revision}`);
    const { bump }: { bump: string } = JSON.parse(readFileSync(report, 'utf8'));
    // It would ask for a new version for every change; only a break must have one at once.
    const check = bump === 'major' ? ['--check-version'] : [];
    const verdict = await runPackage(folder, '@redocly/cli', [...diff, ...check]);
    if (verdict !== 0) process.exitCode = 1;
  } finally {
    rmSync(reports, { recursive: true });
  }
});

/** The document to compare with, as a file. @returns undefined when the history has none */
function baseFile(asked: string | undefined, folder: string): string | undefined {
  if (asked !== undefined && existsSync(asked)) return resolve(asked);
  const commit = asked ?? lastRelease();
  const text = commit && git('show', `${commit}:openapi.yaml`);
  if (!text) {
    if (asked !== undefined) throw new Missing(`there is no openapi.yaml at ${asked}`);
    console.log('There is neither a release tag nor an earlier commit to compare with.');
    return undefined;
  }
  const file = join(folder, 'base.yaml');
  writeFileSync(file, text);
  console.log(`Comparing with ${commit} (${git('log', '-1', '--format=%h %s', commit)})`);
  return file;
}

function lastRelease(): string | undefined {
  const tag = git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*');
  if (tag) return tag;
  const left = git('merge-base', 'HEAD', 'origin/main') ?? git('merge-base', 'HEAD', 'main');
  return left && left !== git('rev-parse', 'HEAD') ? left : git('rev-parse', 'HEAD^');
}

/** @returns what git prints; undefined when it cannot, or has nothing to print */
function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return (status === 0 && stdout.trim()) || undefined;
}
