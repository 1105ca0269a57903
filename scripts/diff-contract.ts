// Compares openapi.yaml with the last release. A breaking change needs a new version (Semantic
// Versioning: a new major version; before 1.0, a new minor version); without one it exits with 1.
//
//   npm run contract -- diff                    compares with the last release
//   npm run contract -- diff --base v0.1.0      with another commit, branch or tag
//   npm run contract -- diff --base FILE        with a file
//   npm run contract -- diff --revision FILE    compares another document than openapi.yaml
//
// The last release is the newest tag v* in the history of this commit. Without a tag it is the commit
// where this branch left main; on main, it is the commit before.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { main, readCommandLine, UserError } from './command-line.ts';
import { installNpmPackages, ROOT, runPackage } from './tools.ts';

await main(async () => {
  const { values } = readCommandLine({
    options: { base: { type: 'string' }, revision: { type: 'string' } },
  });
  const revision = resolve(values.revision ?? join(ROOT, 'openapi.yaml'));
  const folder = await installNpmPackages('contract');
  using reports = mkdtempDisposableSync(join(tmpdir(), 'diff-'));
  const base = baseFile(values.base, reports.path);
  if (!base) return;
  const report = join(reports.path, 'report.json');
  const summary = ['--format', 'json', '--output', report];
  const diff = ['diff', base, revision, '--fail-on', 'none'];
  const code = await runPackage(folder, '@redocly/cli', [...diff, ...summary], { quiet: true });
  if (code !== 0) throw new UserError(`redocly cannot compare ${base} with ${revision}`);
  const { bump }: { bump: string } = JSON.parse(readFileSync(report, 'utf8'));
  // --check-version wants a new version for any change. Here only a breaking change needs one.
  const check = bump === 'major' ? ['--check-version'] : [];
  const verdict = await runPackage(folder, '@redocly/cli', [...diff, ...check]);
  if (verdict !== 0) process.exitCode = 1;
});

/** The document to compare with, as a file. @returns undefined if the history has none */
function baseFile(requested: string | undefined, folder: string): string | undefined {
  if (requested !== undefined && existsSync(requested)) return resolve(requested);
  const commit = requested ?? lastRelease();
  const text = commit && git('show', `${commit}:openapi.yaml`);
  if (!text) {
    if (requested !== undefined) throw new UserError(`there is no openapi.yaml at ${requested}`);
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
  const fork = git('merge-base', 'HEAD', 'origin/main') ?? git('merge-base', 'HEAD', 'main');
  return fork && fork !== git('rev-parse', 'HEAD') ? fork : git('rev-parse', 'HEAD^');
}

/** @returns the output of git; undefined if git fails or prints nothing */
function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return (status === 0 && stdout.trim()) || undefined;
}
