// The service as `npm start` runs it: a process that can be signalled and killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { TODOS } from './cli.ts';
import { collectOutput } from './process-output.ts';
import { temporaryFolder } from './temporary-folder.ts';

const DIRECTLY = [process.execPath, TODOS, 'start'];

/** The command with npm and its shell around the service. */
export const WITH_NPM = [
  ...(process.env['npm_execpath'] ? [process.execPath, process.env['npm_execpath']] : ['npm']),
  ...['--prefix', new URL('../..', import.meta.url).pathname, 'start', '--'],
];

interface ProcessOptions {
  command?: string[];
  args?: string[];
  /** The current folder of the process, by default a new one. */
  folder?: { path: string };
  /** Whether it leads a process group, as one that is started in a terminal does. */
  detached?: boolean;
}

/** Runs the service. It is killed at the end of the `await using` block, if it still runs. */
function runProcess(
  variables: Record<string, string>,
  { command = DIRECTLY, args = [], folder, detached = false }: ProcessOptions = {},
) {
  const own = folder ? undefined : temporaryFolder();
  const cwd = (folder ?? own)?.path;
  const env = { PATH: process.env['PATH'], LOG_LEVEL: 'warn', PORT: '0', ...variables };
  const [program = '', ...first] = command;
  const child = spawn(program, [...first, ...args], { env, cwd, detached });
  const output = collectOutput(child);
  let isClosed = false;
  let more = Promise.withResolvers<void>();
  const wake = () => {
    more.resolve();
    more = Promise.withResolvers();
  };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', wake);
  const closed = once(child, 'close').then(() => {
    isClosed = true;
    wake();
  });
  /** Resolves when it has written that, or ended. */
  const written = async (text: string) => {
    while (!output.text.includes(text) && !isClosed) await more.promise;
    expect(output.text).toContain(text);
  };
  /** Its exit code, once it has ended and all its output has been read. */
  const exited = async () => {
    await closed;
    return child.exitCode;
  };
  const dispose = async () => {
    if (isRunning(child)) child.kill('SIGKILL');
    await Promise.race([closed, once(child, 'exit')]);
    own?.[Symbol.dispose]();
  };
  return { child, output, written, exited, [Symbol.asyncDispose]: dispose };
}

/** Runs the service until it exits. */
export async function runToExit(...options: Parameters<typeof runProcess>) {
  await using running = runProcess(...options);
  const code = await running.exited();
  return { code, output: running.output.text };
}

/** Runs the service and waits for its banner. */
export async function startProcess(...options: Parameters<typeof runProcess>) {
  const running = runProcess(...options);
  try {
    await running.written('contract');
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
  const url = /http:\/\/localhost:\d+/.exec(running.output.text)?.[0] ?? '';
  return { ...running, url, client: createClient({ baseUrl: url }) };
}

export type ServiceProcess = Awaited<ReturnType<typeof startProcess>>;

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** Resolves when the service accepts no new connection any more. */
export async function closed(url: string) {
  const state = () =>
    fetch(`${url}/healthz`).then(
      () => 'open',
      () => 'closed',
    );
  await expect.poll(state).toBe('closed');
}
