// What lints the files that the service is deployed with, on copies with one thing changed in them.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/tools.ts';

const FILES = ['Dockerfile', 'compose.yaml', 'deploy/openapi-todos.service'] as const;
const SCRIPT = 'scripts/lint-deploy.ts';

let project: string;
beforeAll(() => {
  run(ROOT); // which installs the linters, unless they are
  project = mkdtempSync(join(tmpdir(), 'todos-'));
  const installed = ['node_modules', '.venv'].map((name) => join('tools/deploy', name));
  const filter = (path: string) => !installed.some((name) => path === join(ROOT, name));
  for (const name of ['scripts', 'src', 'tools/deploy', 'package.json', ...FILES]) {
    cpSync(join(ROOT, name), join(project, name), { recursive: true, filter });
  }
  for (const name of installed) symlinkSync(join(ROOT, name), join(project, name));
});
afterAll(() => rmSync(project, { recursive: true }));

function run(cwd: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(cwd, SCRIPT)], {
    cwd,
    encoding: 'utf8',
  });
  return { code: status, output: stdout + stderr };
}

test('the linters find no errors in the Dockerfile, compose.yaml and the systemd unit', () => {
  const { code, output } = run(project);
  expect(output).toMatch(/^\s*The Dockerfile, .* have no errors\.\n$/);
  expect(code).toBe(0);
});

test.each<[(typeof FILES)[number], string, string, RegExp]>([
  ['Dockerfile', 'COPY . .', 'ADD . .', /DL3020/],
  ['Dockerfile', 'USER 1000', 'USER root', /DL3002/],
  ['Dockerfile', ':26.10.0-trixie-slim', '', /DL3006/],
  ['compose.yaml', 'read_only: true', 'readonly: true', /additional properties/],
  ['compose.yaml', 'service_healthy', 'healthy', /depends_on/],
  ['compose.yaml', "'127.0.0.1:8000:8000'", "'8000:8000'", /interface/],
  ['deploy/openapi-todos.service', 'ProtectHome=', 'ProtectHme=', /Unknown key .*'ProtectHme'/],
  ['deploy/openapi-todos.service', 'Type=exec', 'Type=exe', /Failed to parse service type/],
  ['deploy/openapi-todos.service', 'DynamicUser=yes', '', /Overall exposure level .* [2-9]/],
])('in %s the linters accept %j and reject %j', (name, right, wrong, message) => {
  const text = readFileSync(join(ROOT, name), 'utf8');
  expect(text).toContain(right);
  writeFileSync(join(project, name), text.replaceAll(right, wrong));
  const { code, output } = run(project);
  writeFileSync(join(project, name), text);
  expect(output).toMatch(message);
  expect(code).toBe(1);
});
