import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../test/support/free-ports.ts';

const START_TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 10;

export interface ServerCommand {
  /** The path of the script that Node.js runs. */
  script: string;
  args: string[];
  env: Record<string, string>;
}

export interface Usage {
  /** User and system time of the process and all its threads. */
  cpuMicros: number;
  residentBytes: number;
}

export interface ServerProcess extends AsyncDisposable {
  port: number;
  readUsage(): Promise<Usage>;
}

/** Starts a server on a free port and waits until it accepts connections. */
export async function startServer({ script, args, env }: ServerCommand): Promise<ServerProcess> {
  const [port = 0] = await freePorts(1);
  const preload = new URL('report-usage.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', preload, script, ...args], {
    cwd: tmpdir(), // has no .env file
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'], // 'ignore' discards the log
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  try {
    await waitForPort(child, port, script);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, readUsage: () => readUsage(child), [Symbol.asyncDispose]: stop };
}

async function waitForPort(child: ChildProcess, port: number, script: string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await acceptsConnections(port))) {
    if (child.exitCode !== null) throw new Error(`${script} ended with ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`${script} did not start in time`);
    await sleep(POLL_INTERVAL_MS);
  }
}

async function acceptsConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function readUsage(child: ChildProcess): Promise<Usage> {
  const reply = once(child, 'message');
  child.send('report usage');
  const [usage]: Usage[] = await reply;
  if (!usage) throw new Error('the server reported no usage');
  return usage;
}
