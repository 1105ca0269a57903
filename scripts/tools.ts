// What the scripts share that bring tools of their own along: each set of tools is installed once, as
// its lock file says, into its folder under tools/ (git ignores what is installed there). So `npm ci`
// installs none of them.
import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUsageError } from './command-line.ts';

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What a person has to do before a tool can run; printed as it is. */
export class Missing extends Error {}

export interface Tools {
  /** Their folder in the project. */
  folder: string;
  /** The file there that pins every version. */
  lock: string;
  /** What the installation makes there. */
  installed: string;
  install: (folder: string) => Promise<void>;
}

/** Installs tools unless that has been done for this very lock file. @returns their folder */
export async function ready({ folder, lock, installed, install }: Tools): Promise<string> {
  const path = join(ROOT, folder);
  const pins = readFileSync(join(path, lock), 'utf8');
  const note = join(path, installed, 'installed-from');
  if (read(note) === pins) return path;
  console.log(`Installing what stands in ${folder}/${lock} …`);
  rmSync(join(path, installed), { recursive: true, force: true });
  await install(path);
  writeFileSync(note, pins); // last, so that half an installation counts for nothing
  return path;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // it is not there
  }
}

/** Tools that npm installs. */
export function packages(
  folder: 'consumers' | 'contract' | 'deploy' | 'mock' | 'packages',
): Promise<string> {
  return npmPackages(`tools/${folder}`);
}

/** The servers that `npm run bench` compares the service with. */
export function benchPeers(): Promise<string> {
  return npmPackages('bench/peers');
}

function npmPackages(folder: string): Promise<string> {
  return ready({ folder, lock: 'package-lock.json', installed: 'node_modules', install: npmCi });
}

async function npmCi(cwd: string): Promise<void> {
  const [command, ...args] = npmCommand();
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if ((await run(command, [...args, ...options], { cwd })) !== 0) {
    throw new Missing(`npm could not install what stands in ${cwd}/package-lock.json`);
  }
}

/** The npm that runs this script, if one does; else that of the machine. */
export function npmCommand(): [string, ...string[]] {
  const npm = process.env['npm_execpath'];
  return npm ? [process.execPath, npm] : ['npm'];
}

/** Runs the command of a package in a folder of `packages`; it is to tell nobody that it was run. */
export function runPackage(folder: string, name: string, args: string[], options: RunOptions = {}) {
  const home = join(folder, 'node_modules', name);
  const { bin }: { bin: Record<string, string> } = JSON.parse(
    readFileSync(join(home, 'package.json'), 'utf8'),
  );
  const [file = ''] = Object.values(bin);
  const env = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  return run(process.execPath, [join(home, file), ...args], { cwd: folder, env, ...options });
}

/** Tools that pip installs, into an environment of Python's that is theirs alone. */
export function wheels(folder: 'consumers' | 'deploy' | 'schemathesis'): Promise<string> {
  return ready({
    folder: `tools/${folder}`,
    lock: 'requirements.txt',
    installed: '.venv',
    install: pipInstall,
  });
}

async function pipInstall(cwd: string): Promise<void> {
  const isNewEnough = ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 11))'];
  const needs = `What stands in ${cwd} needs Python 3.11 or newer, as python3, with its module venv`;
  if ((await run('python3', isNewEnough, { quiet: true })) !== 0) throw new Missing(needs);
  if ((await run('python3', ['-m', 'venv', '.venv'], { cwd })) !== 0) {
    throw new Missing(`${needs} (on Debian: apt-get install python3-venv)`);
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const pins = ['--only-binary', ':all:', '--requirement', 'requirements.txt'];
  if ((await run(executable(cwd, 'python'), [...pip, ...pins], { cwd })) !== 0) {
    throw new Missing(`pip could not install what stands in ${cwd}/requirements.txt`);
  }
}

/** The path of a command that pip has installed into a folder of `wheels`. */
export function executable(folder: string, name: string): string {
  return join(folder, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin', name);
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Print nothing of it. */
  quiet?: boolean;
  /** The open file that gets its output, instead of the terminal. */
  output?: number | undefined;
}

/** Runs a command to its end. @returns its exit code; 127 when there is no such command */
export async function run(command: string, args: string[], options: RunOptions = {}) {
  const { cwd = ROOT, env = {}, quiet = false, output } = options;
  const stdio: StdioOptions =
    output === undefined ? (quiet ? 'ignore' : 'inherit') : ['ignore', output, output];
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio });
  const stop = () => child.kill();
  process.on('SIGTERM', stop);
  try {
    const [code] = await once(child, 'close');
    return typeof code === 'number' ? code : 1; // none when a signal has ended it
  } catch {
    return 127;
  } finally {
    process.off('SIGTERM', stop);
  }
}

/** Runs a script's work; what a person can do something about is said in a line or two. */
export async function main(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isUsage = isUsageError(error);
    console.error(error instanceof Missing || isUsage ? error.message : error);
    process.exitCode = isUsage ? 2 : 1;
  }
}
