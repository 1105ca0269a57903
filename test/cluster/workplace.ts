import { spawn, spawnSync } from 'node:child_process';
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
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

type Variables = Record<string, string>;

/** Who runs the programs where the test itself is run by root, which PostgreSQL refuses. */
interface Owner {
  uid: number;
  gid: number;
}

/**
 * A temporary folder for all that the cluster writes, and the processes that work in it. A process
 * belongs to a folder by its working directory, which its children inherit: so whatever a program
 * has started is found, too, long after its parent is gone.
 */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'todos-cluster-'));
  #owner = process.getuid?.() === 0 ? ownerNamed('postgres') : undefined;

  constructor() {
    this.#give(this.folder);
  }

  makeFolder(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path, { mode: 0o700 });
    this.#give(path);
    return path;
  }

  /** @returns the file's path */
  writeFile(folder: string, name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    this.#give(path);
    return path;
  }

  /** Starts a program of Debian's in a folder; what it says goes to `NAME.log` there. */
  start(folder: string, name: string, program: string, args: string[]): void {
    this.#spawn(folder, name, [program, ...args], { LANG: 'C.UTF-8' }, this.#owner);
  }

  /** The same with a script of the project's, and whoever runs the test. */
  startScript(folder: string, name: string, script: string[], variables: Variables): void {
    this.#spawn(folder, name, [process.execPath, ...script], variables);
  }

  #spawn(folder: string, name: string, command: string[], variables: Variables, owner?: Owner) {
    const [program = '', ...args] = command;
    const log = openSync(join(folder, `${name}.log`), 'a', 0o600);
    const env = { PATH: process.env['PATH'], ...variables };
    const stdio: ['ignore', number, number] = ['ignore', log, log];
    // In sessions of their own: Ctrl-C is for the test, which then ends them.
    spawn(program, args, { cwd: folder, env, stdio, detached: true, ...owner }).unref();
    closeSync(log);
  }

  /** The ends of all logs, for whoever has to find out what went wrong. */
  lastWords(): string {
    return globSync('*/*.log', { cwd: this.folder })
      .map((log) => `== ${log}\n${lines(join(this.folder, log)).slice(-20).join('\n')}`)
      .join('\n');
  }

  /** Kills whatever works in a folder, or in any. */
  async kill(folder = this.folder): Promise<void> {
    while (this.signal('SIGKILL', folder) > 0) await sleep(5);
  }

  /**
   * Sends a signal to whatever works in a folder.
   * @returns to how many
   */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT', folder: string): number {
    return workersIn(folder).filter((pid) => send(name, pid)).length;
  }

  /** Kills and deletes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  #give(path: string): void {
    if (this.#owner) chownSync(path, this.#owner.uid, this.#owner.gid);
  }
}

function ownerNamed(name: string): Owner {
  const idOf = (flag: string) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** The processes whose working directory is in the folder. */
function workersIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => `${workingDirectory(pid)}/`.startsWith(`${folder}/`))
    .map(Number);
}

/** @returns undefined for a process that is gone, or another user's */
function workingDirectory(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** @returns whether the process was still there */
function send(name: NodeJS.Signals, pid: number): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}
