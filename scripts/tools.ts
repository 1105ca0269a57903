// Installs and runs the tools that are not dependencies of the project. Each set has a folder in tools/
// with a lock file. It is installed there when a script first needs it, so `npm ci` stays small.
import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from './command-line.ts';

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Installs tools, unless the same lock file has been installed before.
 * @param folder of the project
 * @param lock the file in it that pins every version
 * @param installed the folder in it that the installation creates
 * @returns the path of the folder
 */
async function ensureInstalled(
  folder: string,
  lock: string,
  installed: string,
  install: (path: string) => Promise<void>,
): Promise<string> {
  const path = join(ROOT, folder);
  const pins = readFileSync(join(path, lock), 'utf8');
  const note = join(path, installed, 'installed-from');
  if (read(note) === pins) return path;
  console.log(`Installing ${folder}/${lock} …`);
  rmSync(join(path, installed), { recursive: true, force: true });
  await install(path);
  writeFileSync(note, pins); // last, so that an interrupted installation is repeated
  return path;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // there is no such file
  }
}

/** Installs a set of npm packages. @returns their folder */
export function installNpmPackages(
  folder: 'consumers' | 'contract' | 'deploy' | 'mock' | 'packages',
): Promise<string> {
  return installPackages(`tools/${folder}`);
}

/** Installs the servers that `npm run bench` compares the service with. */
export function installBenchPeers(): Promise<string> {
  return installPackages('bench/peers');
}

function installPackages(folder: string): Promise<string> {
  return ensureInstalled(folder, 'package-lock.json', 'node_modules', npmCi);
}

async function npmCi(cwd: string): Promise<void> {
  const [command, ...args] = npmCommand();
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if ((await run(command, [...args, ...options], { cwd })) !== 0) {
    throw new UserError(`npm could not install ${cwd}/package-lock.json`);
  }
}

/** The npm that runs this script; otherwise the npm of the machine. */
export function npmCommand(): [string, ...string[]] {
  const npm = process.env['npm_execpath'];
  return npm ? [process.execPath, npm] : ['npm'];
}

/** Runs the command of an installed npm package, without telemetry. */
export function runPackage(folder: string, name: string, args: string[], options: RunOptions = {}) {
  const home = join(folder, 'node_modules', name);
  const { bin }: { bin: Record<string, string> } = JSON.parse(
    readFileSync(join(home, 'package.json'), 'utf8'),
  );
  const [file = ''] = Object.values(bin);
  const env = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  return run(process.execPath, [join(home, file), ...args], { cwd: folder, env, ...options });
}

/** Installs a set of Python packages into a virtual environment. @returns its folder */
export function installPythonPackages(
  folder: 'consumers' | 'deploy' | 'schemathesis',
): Promise<string> {
  return ensureInstalled(`tools/${folder}`, 'requirements.txt', '.venv', pipInstall);
}

async function pipInstall(cwd: string): Promise<void> {
  const isNewEnough = ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 11))'];
  const needs = `${cwd} needs Python 3.11 or newer as python3, with the module venv`;
  if ((await run('python3', isNewEnough, { quiet: true })) !== 0) throw new UserError(needs);
  if ((await run('python3', ['-m', 'venv', '.venv'], { cwd })) !== 0) {
    throw new UserError(`${needs} (on Debian: apt-get install python3-venv)`);
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const pins = ['--only-binary', ':all:', '--requirement', 'requirements.txt'];
  if ((await run(pythonExecutable(cwd, 'python'), [...pip, ...pins], { cwd })) !== 0) {
    throw new UserError(`pip could not install ${cwd}/requirements.txt`);
  }
}

/** The path of a command in a virtual environment. */
export function pythonExecutable(folder: string, name: string): string {
  return join(folder, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin', name);
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Discards the output. */
  quiet?: boolean;
  /** The open file that gets its output, instead of the terminal. */
  output?: number | undefined;
}

/** Runs a command until it ends. @returns its exit code; 127 if there is no such command */
export async function run(command: string, args: string[], options: RunOptions = {}) {
  const { cwd = ROOT, env = {}, quiet = false, output } = options;
  const stdio: StdioOptions =
    output === undefined ? (quiet ? 'ignore' : 'inherit') : ['ignore', output, output];
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio });
  const stop = () => child.kill();
  process.on('SIGTERM', stop);
  try {
    const [code] = await once(child, 'close');
    return typeof code === 'number' ? code : 1; // a command that a signal ended has no code
  } catch {
    return 127;
  } finally {
    process.off('SIGTERM', stop);
  }
}
