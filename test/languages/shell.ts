import { spawn } from 'node:child_process';

export interface Outcome {
  code: number | null;
  stdout: string;
  /** Both outputs, as a person saw them. */
  output: string;
}

interface Options {
  cwd?: string;
  env?: Record<string, string | undefined>;
  signal?: AbortSignal;
}

/** Runs a command as a person types it; when the signal comes, ends it and all that it started. */
export function shell(command: string, { cwd, env, signal }: Options = {}): Promise<Outcome> {
  const child = spawn(command, {
    shell: true,
    detached: true, // a group of its own
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
    ...(cwd && { cwd }),
  });
  const end = () => child.pid && process.kill(-child.pid, 'SIGKILL');
  signal?.addEventListener('abort', end, { once: true });
  let stdout = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      signal?.removeEventListener('abort', end);
      resolve({ code, stdout: plain(stdout), output: plain(output) });
    });
  });
}

/** Removes the colours that Maven prints even if its output is not a terminal. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what starts a colour
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}

/** Those of the programs that are not on this machine. */
export async function missing(programs: string[]): Promise<string[]> {
  const found = await Promise.all(programs.map((name) => shell(`command -v ${name}`)));
  return programs.filter((_name, index) => found[index]?.code !== 0);
}
