// The package as a user installs it: packed, in an empty folder, without this project.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startService } from '../support/service.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'contract-package-'));
const source = fileURLToPath(new URL('.', import.meta.url));
let tarball = '';

/** `npm run` hands the project's `ignore-scripts` on, which would leave the package uncompiled. */
beforeAll(async () => {
  const options = ['--ignore-scripts=false', '--pack-destination', folder, '--silent'];
  const { stdout } = await run('npm', ['pack', ...options], { cwd: source });
  tarball = join(folder, stdout.trim());
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: folder });
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the installed command. */
async function contract(...args: string[]) {
  const command = join(folder, 'node_modules/.bin/openapi-todos-contract');
  const options = { cwd: folder, maxBuffer: 10_000_000 };
  return run(process.execPath, [command, ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: `${stdout}${stderr}` }),
  );
}

test('the contract test package has less than 100 kB and fewer than 12 packages', () => {
  const installed = readdirSync(join(folder, 'node_modules')).filter(
    (name) => !name.startsWith('.'),
  );
  expect(installed.length).toBeLessThan(12);
  expect(statSync(tarball).size).toBeLessThan(100_000);
  const own = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const project = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  for (const [name, version] of Object.entries(own.dependencies)) {
    expect(project.dependencies[name] ?? project.devDependencies[name]).toBe(version);
  }
});

test('the packed contract tests pass against the real service', async () => {
  await using service = await startService();
  const { code, output } = await contract('--base-url', service.url);
  expect(output).toMatch(/^\d{3} passed, 0 failed, \d+ skipped$/m);
  expect(code).toBe(0);
}, 240_000);
