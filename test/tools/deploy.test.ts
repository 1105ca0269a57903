// What lints the files that the service is deployed with, on copies with one thing changed in them.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { runScript } from '../support/cli.ts';
import { copyProject } from '../support/project-copy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const project = temporaryFolder();
afterAll(project[Symbol.dispose]);
copyProject(project.path, ['tools/deploy/node_modules', 'tools/deploy/.venv']);

const lint = () => runScript([project.file('scripts/lint-deploy.ts')], {}, project);

test('the linters find no errors in the Dockerfile, compose.yaml and the systemd unit', async () => {
  const output = expect.stringMatching(/^\s*The Dockerfile, .* have no errors\.\n$/);
  expect(await lint()).toEqual({ code: 0, output });
});

test.each([
  ['Dockerfile', 'COPY . .', 'ADD . .', /DL3020/],
  ['Dockerfile', 'USER 1000', 'USER root', /DL3002/],
  ['Dockerfile', ':26.10.0-trixie-slim', '', /DL3006/],
  ['compose.yaml', 'read_only: true', 'readonly: true', /additional properties/],
  ['compose.yaml', 'service_healthy', 'healthy', /depends_on/],
  ['compose.yaml', "'127.0.0.1:8000:8000'", "'8000:8000'", /interface/],
  ['deploy/openapi-todos.service', 'ProtectHome=', 'ProtectHme=', /Unknown key .*'ProtectHme'/],
  ['deploy/openapi-todos.service', 'Type=exec', 'Type=exe', /Failed to parse service type/],
  ['deploy/openapi-todos.service', 'DynamicUser=yes', '', /Overall exposure level .* [2-9]/],
])('in %s the linters accept %j and reject %j', async (name, right, wrong, message) => {
  const file = project.file(name);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(right);
  writeFileSync(file, text.replaceAll(right, wrong));
  const outcome = await lint();
  writeFileSync(file, text);
  expect(outcome).toEqual({ code: 1, output: expect.stringMatching(message) });
});
