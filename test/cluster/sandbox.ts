import { spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

type Variables = Record<string, string>;

/**
 * A temporary folder with all files of the cluster, and the processes that run in it. A process belongs
 * to a folder by its working directory. Its children inherit the directory, so the sandbox also finds
 * processes whose parent has ended.
 */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), 'todos-cluster-'));
  /** Debian's user postgres runs the programs, because PostgreSQL does not run as root. */
  #owner = ownerOf('/var/lib/postgresql');

  constructor() {
    this.#give(this.folder);
  }

  makeFolder(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path, { mode: 0o700 });
    this.#give(path);
    return path;
  }

  writeFile(folder: string, name: string, text: string): void {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    this.#give(path);
  }

  /** Starts a program in a folder; its output goes to `NAME.log` there. */
  start(folder: string, name: string, program: string, args: string[]): void {
    this.#spawn(folder, name, [program, ...args], { LANG: 'C.UTF-8' }, this.#owner);
  }

  /** Starts a script of the project, as the user who runs the test. */
  startScript(folder: string, name: string, script: string[], variables: Variables): void {
    this.#spawn(folder, name, [process.execPath, ...script], variables);
  }

  #spawn(folder: string, name: string, command: string[], variables: Variables, owner = {}) {
    const [program = '', ...args] = command;
    const log = openSync(join(folder, `${name}.log`), 'a', 0o600);
    const env = { PATH: process.env['PATH'], ...variables };
    const stdio: ['ignore', number, number] = ['ignore', log, log];
    // Each process has its own process group, so that Ctrl+C reaches only the test, which then kills them.
    spawn(program, args, { cwd: folder, env, stdio, detached: true, ...owner }).unref();
    closeSync(log);
  }

  /** The last lines of all logs, to find the reason of a failure. */
  lastLogLines(): string {
    return globSync('*/*.log', { cwd: this.folder })
      .map((log) => {
        const lines = readFileSync(join(this.folder, log), 'utf8').trimEnd().split('\n');
        return `== ${log}\n${lines.slice(-20).join('\n')}`;
      })
      .join('\n');
  }

  /** Kills all processes in a folder, by default in all folders. */
  async kill(folder = this.folder): Promise<void> {
    while (this.signal('SIGKILL', folder) > 0) await sleep(5);
  }

  /**
   * Sends a signal to all processes in a folder.
   * @returns the number of processes
   */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT', folder: string): number {
    return processesIn(folder).filter((pid) => send(name, pid)).length;
  }

  /** Kills all processes and deletes all files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  #give(path: string): void {
    chownSync(path, this.#owner.uid, this.#owner.gid);
  }
}

function ownerOf(path: string) {
  const { uid, gid } = statSync(path);
  return { uid, gid };
}

/** The processes whose working directory is in the folder. */
function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => `${workingDirectory(pid)}/`.startsWith(`${folder}/`))
    .map(Number);
}

/** @returns undefined for a process that has ended or belongs to another user */
function workingDirectory(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** @returns whether the process still existed */
function send(name: NodeJS.Signals, pid: number): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
