// The operator's commands: in this process, and as a person runs them.
import { execFile } from 'node:child_process';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { runCommandLine } from '../../src/cli/main.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const TODOS = new URL('../../src/cli/todos.mjs', import.meta.url).pathname;

interface Outcome {
  code: number;
  /** What it has written, errors included. */
  output: string;
}

/** Runs `todos ARGS` in this process. Paths must be absolute. */
export async function runTodos(
  args: string[],
  variables: Record<string, string> = {},
  what: 'output and errors' | 'output only' = 'output and errors',
): Promise<Outcome> {
  let output = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      output += chunk;
      done();
    },
  });
  const errors =
    what === 'output only' ? new Writable({ write: (_c, _e, done) => done() }) : stream;
  const code = await runCommandLine(args, {
    environment: { ...variables },
    output: stream,
    errors,
  });
  return { code, output };
}

/** Runs a script as a process, by default in a new folder; `[TODOS, …]` are the operator's commands. */
export async function runScript(
  command: string[],
  variables: Record<string, string> = {},
  folder?: { path: string },
) {
  using own = temporaryFolder();
  const options = { cwd: (folder ?? own).path, env: { PATH: process.env['PATH'], ...variables } };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, options);
    return { code: 0, output: stdout + stderr } satisfies Outcome;
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr } satisfies Outcome;
  }
}
