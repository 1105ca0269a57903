// The service as `npm start` runs it: a child of its own, which can be signalled and killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { createClient } from '../../src/client/index.ts';

const TODOS = new URL('../../src/cli/todos.mjs', import.meta.url).pathname;

/** The service without npm, and with it. */
const DIRECTLY = [process.execPath, TODOS, 'start'];
export const WITH_NPM = [
  ...(process.env['npm_execpath'] ? [process.execPath, process.env['npm_execpath']] : ['npm']),
  ...['--prefix', new URL('../..', import.meta.url).pathname, 'start', '--'],
];

/** When each process has ended and its output is read to the end. */
const ends = new WeakMap<ChildProcess, Promise<void>>();

/**
 * Services of the tests of a file, in a folder that they share.
 * @param detached each leads a process group, as one that is started in a terminal does
 */
export function useProcesses([command = '', ...before] = DIRECTLY, { detached = false } = {}) {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'todos-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  function run(variables: Record<string, string>, ...args: string[]) {
    const env = { PATH: process.env['PATH'], LOG_LEVEL: 'warn', PORT: '0', ...variables };
    const child = spawn(command, [...before, ...args], { env, cwd: folder, detached });
    onTestFinished(() => void child.kill('SIGKILL'));
    const output = { text: '' };
    let isClosed = false;
    let more = Promise.withResolvers<void>();
    const wake = () => {
      more.resolve();
      more = Promise.withResolvers();
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output.text += text;
        wake();
      });
    }
    const closed = once(child, 'close').then(() => {
      isClosed = true;
      wake();
    });
    ends.set(child, closed);
    /** Resolves when it has written that, or ended. */
    const written = async (text: string) => {
      while (!output.text.includes(text) && !isClosed) await more.promise;
      expect(output.text).toContain(text);
    };
    return { child, output, written };
  }

  /** Starts the service and waits for its banner. */
  async function start(variables: Record<string, string>) {
    const { child, output, written } = run(variables);
    await written('contract');
    const url = /http:\/\/localhost:\d+/.exec(output.text)?.[0] ?? '';
    return { child, output, written, url, client: createClient({ baseUrl: url }) };
  }

  return { folder: () => folder, run, start };
}

/** Its exit code, once it has ended and all that it has written is there. */
export async function exit(child: ChildProcess) {
  await ends.get(child);
  return child.exitCode;
}

/** Resolves when the service takes no new connection any more. */
export async function closed(url: string) {
  const state = () =>
    fetch(`${url}/healthz`).then(
      () => 'open',
      () => 'closed',
    );
  await expect.poll(state).toBe('closed');
}
