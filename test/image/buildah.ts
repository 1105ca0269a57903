import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ROOT } from '../../scripts/tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/**
 * Builds the Dockerfile with buildah in a separate root (`chroot`), which needs root but no container
 * engine. If no image registry can be reached, the base image is a copy of the real one, made here: a
 * minimal Debian, the project's Node.js, npm and a user `node`.
 */
export function buildImage() {
  using stack = new DisposableStack();
  const folder = stack.use(temporaryFolder()).path;
  const from = /^FROM (\S+)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1] ?? '';
  makeBase(folder, from);
  const isolation = ['--isolation', 'chroot', '--format', 'docker', '--pull-never'];
  persistently(() => buildah(folder, 'build', ...isolation, '--tag', 'todos', ROOT));
  const container = buildah(folder, 'from', '--pull-never', 'todos').trim();
  const config: ImageConfig = JSON.parse(buildah(folder, 'inspect', 'todos')).Docker.config;
  const built = stack.move();
  return { config, stop: () => built.dispose(), ...commands(folder, container) };
}

/** What the image says of itself; of that, what the tests look at. */
interface ImageConfig {
  User: string;
  Cmd: string[];
  Healthcheck: { Test: string[] };
  Volumes: Record<string, object>;
}

function commands(folder: string, container: string) {
  const line = (command: string[], variables: Record<string, string>) => {
    const env = Object.entries(variables).map(([name, value]) => `--env=${name}=${value}`);
    const run = [...options(folder), 'run', '--isolation=chroot', ...env];
    return [...run, container, '--', ...command];
  };
  return {
    /** Runs a command in the container to its end. */
    run(command: string[], variables: Record<string, string> = {}) {
      const result = spawnSync('buildah', line(command, variables), { encoding: 'utf8' });
      return { code: result.status, output: result.stdout + result.stderr };
    },
    start: (command: string[], variables: Record<string, string>) =>
      spawn('buildah', line(command, variables), { stdio: ['ignore', 'pipe', 'inherit'] }),
  };
}

function options(folder: string): string[] {
  const store = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
  return [...store, '--storage-driver', 'vfs'];
}

function buildah(folder: string, ...args: string[]): string {
  return command('buildah', ...options(folder), ...args);
}

/** @throws Error with what the command has written, and with what installs one that is missing */
function command(name: string, ...args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync(name, args, { encoding: 'utf8' });
  if (error) throw new Error(`${name} is missing: apt-get install buildah mmdebstrap`);
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout;
}

/** Up to three times: it asks for packages, and no registry is within reach all the time. */
function persistently(work: () => unknown): void {
  for (let attempts = 1; ; attempts += 1) {
    try {
      work();
      return;
    } catch (error) {
      if (attempts === 3) throw error;
      console.error(error instanceof Error ? error.message : error);
    }
  }
}

function makeBase(folder: string, name: string): void {
  const root = join(folder, 'base');
  const local = join(root, 'usr/local');
  const quickly = '--dpkgopt=force-unsafe-io'; // no file of it is to outlive a power cut
  persistently(() => {
    rmSync(root, { recursive: true, force: true });
    command('mmdebstrap', '--variant=minbase', quickly, '--include=libatomic1', 'trixie', root);
  });
  command('chroot', root, 'useradd', '--uid', '1000', '--create-home', 'node');
  copyFileSync(process.execPath, join(local, 'bin/node'));
  const npm = dirname(dirname(realpathSync(process.env['npm_execpath'] ?? '')));
  cpSync(npm, join(local, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  configureNpm(root);
  const container = buildah(folder, 'from', 'scratch').trim();
  buildah(folder, 'add', '--quiet', container, root, '/');
  buildah(folder, 'commit', '--quiet', container, name);
  rmSync(root, { recursive: true });
}

/**
 * Gives the image's npm the registry, the trusted certificates and the cache of this machine's npm.
 */
function configureNpm(root: string): void {
  const get = (name: string) =>
    execFileSync('npm', ['config', 'get', name], { encoding: 'utf8' }).trim();
  const lines = [`registry=${get('registry')}`, 'prefer-offline=true'];
  const authorities = get('cafile');
  if (authorities !== 'null') {
    copyFileSync(authorities, join(root, 'etc/npm-authorities.pem'));
    lines.push('cafile=/etc/npm-authorities.pem');
  }
  const cache = join(get('cache'), '_cacache');
  const isComplete = (path: string) => basename(path) !== 'tmp'; // of an npm that runs at this moment
  if (existsSync(cache)) {
    cpSync(cache, join(root, 'root/.npm/_cacache'), { recursive: true, filter: isComplete });
  }
  mkdirSync(join(root, 'usr/local/etc'), { recursive: true });
  writeFileSync(join(root, 'usr/local/etc/npmrc'), `${lines.join('\n')}\n`);
}
