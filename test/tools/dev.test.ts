// `npm run dev` in a copy of the project.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../scripts/tools.ts';

const PARTS = ['src', 'scripts', 'generated', 'openapi.yaml', 'package.json', 'docs'];

function copyProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dev-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const filter = (path: string) => !path.includes(join('generated', 'clients'));
  for (const name of PARTS) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

test('npm run dev: restarts on a change, and says what is wrong in the contract while it runs', async () => {
  const folder = copyProject();
  const env = { PATH: process.env['PATH'], PORT: '0', DATABASE_URL: 'sqlite::memory:' };
  const child = spawn(process.execPath, [join(folder, 'scripts/dev.ts')], { cwd: folder, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const until = (text: string | RegExp) =>
    expect.poll(() => output, { timeout: 60_000 }).toMatch(text);
  const clear = () => {
    output = '';
  };
  const urlOf = () => /http:\/\/localhost:\d+/.exec(output)?.[0] ?? '';
  const contract = join(folder, 'openapi.yaml');
  const right = readFileSync(contract, 'utf8');
  await until('/openapi.yaml');
  const url = urlOf();

  clear();
  writeFileSync(contract, right.replace('#/components/schemas/User"', '#/no"'));
  await until(/openapi\.yaml:\d+:\d+ there is no #\/no\nThe service keeps/);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);

  clear();
  writeFileSync(contract, `${right}\nx: [`);
  await until(/openapi\.yaml:\d+:\d+ Flow sequence/);

  clear();
  writeFileSync(contract, right.replace(/^ {2}title: .*$/m, '  title: Another title'));
  await until('/openapi.yaml');
  expect(await (await fetch(`${urlOf()}/openapi.yaml`)).text()).toContain('title: Another title');
  expect(readFileSync(join(folder, 'generated/openapi.json'), 'utf8')).toContain('Another title');

  clear();
  writeFileSync(join(folder, 'src/clock.ts'), 'this is no TypeScript');
  await until('It starts again after the next change.');
  child.kill('SIGTERM');
  await once(child, 'exit');
}, 240_000);
