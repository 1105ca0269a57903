// `npm run dev` in a copy of the project.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { collectOutput } from '../support/process-output.ts';
import { copyProject } from '../support/project-copy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('npm run dev: restarts on a change, and says what is wrong in the contract while it runs', async () => {
  using folder = temporaryFolder();
  copyProject(folder.path, ['node_modules']);
  const env = { PATH: process.env['PATH'], PORT: '0', DATABASE_URL: 'sqlite::memory:' };
  const child = spawn(process.execPath, [folder.file('scripts/dev.ts')], { cwd: folder.path, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = collectOutput(child);
  const until = (text: string | RegExp) => expect.poll(() => output.text).toMatch(text);
  const urlOf = () => /http:\/\/localhost:\d+/.exec(output.text)?.[0] ?? '';
  const change = (file: string, text: string) => {
    output.text = '';
    writeFileSync(folder.file(file), text);
  };
  const right = readFileSync(folder.file('openapi.yaml'), 'utf8');
  await until('/openapi.yaml');
  const url = urlOf();

  change('openapi.yaml', right.replace('#/components/schemas/User"', '#/no"'));
  await until(/openapi\.yaml:\d+:\d+ there is no #\/no\nThe service keeps/);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);

  change('openapi.yaml', `${right}\nx: [`);
  await until(/openapi\.yaml:\d+:\d+ Flow sequence/);

  change('openapi.yaml', right.replace(/^ {2}title: .*$/m, '  title: Another title'));
  await until('/openapi.yaml');
  expect(await (await fetch(`${urlOf()}/openapi.yaml`)).text()).toContain('title: Another title');
  expect(readFileSync(folder.file('generated/openapi.json'), 'utf8')).toContain('Another title');

  change('src/clock.ts', 'this is no TypeScript');
  await until('It starts again after the next change.');
  child.kill('SIGTERM');
  await once(child, 'exit');
}, 240_000);
