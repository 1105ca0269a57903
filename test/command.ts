// The operator's commands, run as a person runs them.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';

export const scriptPath = (name: string) =>
  new URL(`../scripts/${name}.ts`, import.meta.url).pathname;

/** Commands of the tests of a file, in a folder that they share. */
export function useCommands() {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'todos-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Both outputs and the exit code. */
  async function run(script: string, args: string[], variables: Record<string, string> = {}) {
    const options = { cwd: folder, env: { PATH: process.env['PATH'], ...variables } };
    try {
      const command = [scriptPath(script), ...args];
      const { stdout } = await promisify(execFile)(process.execPath, command, options);
      return { code: 0, output: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    }
  }

  return { folder: () => folder, run };
}
