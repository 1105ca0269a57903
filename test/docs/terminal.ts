// A reader's terminal: bash in a copy of the project, in which the service runs with a new database.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePorts } from '../support/free-ports.ts';
import { copyProject } from '../support/project-copy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export const ROOT = new URL('../..', import.meta.url).pathname;

/**
 * What the tests do otherwise than a reader:
 * - `npm ci` does nothing, since the packages are there; `npm test` and `npm run check` neither: CI runs
 *   them by themselves, and each takes a minute;
 * - `npm start` and `npm run dev` stop the service that runs, as Ctrl+C would, and start the next in the
 *   background;
 * - ports of the pages stand for ports that are free: `mapPorts` replaces them in the commands.
 */
const PREAMBLE = `
exec 2>&1
npm() {
  case "$*" in
    ci | test | 'run check') ;;
    *--help*) command npm "$@" ;;
    start* | 'run dev'*) start_service "$@" ;;
    *) command npm "$@" ;;
  esac
}
stop_service() {
  [ -z "$SERVICE" ] || { kill "$SERVICE" && wait "$SERVICE"; }
  SERVICE=
}
start_service() {
  stop_service
  : >"$SERVICE_LOG"
  command npm "$@" >"$SERVICE_LOG" </dev/null &
  SERVICE=$!
  until grep -q /openapi.yaml "$SERVICE_LOG"; do
    kill -0 "$SERVICE" || { cat "$SERVICE_LOG"; return 1; }
    sleep 0.05
  done
  cat "$SERVICE_LOG"
}
`;

const PORTS = ['8000', '9464', '4010'];

export interface Terminal extends AsyncDisposable {
  run(command: string): Promise<{ output: string; exitCode: number }>;
  /** A command or an output of a page, with ports that are free here. */
  mapPorts(text: string): string;
}

export async function openTerminal(): Promise<Terminal> {
  const folder = temporaryFolder();
  const project = folder.file('openapi-todos');
  copyProject(project, ['node_modules']);
  const free = await freePorts(PORTS.length);
  const ports = new Map(PORTS.map((port, index) => [port, String(free[index])]));
  const { PATH, HOME } = process.env;
  const env = {
    ...{ PATH, HOME, TZ: 'UTC', LANG: 'C.UTF-8', NO_COLOR: '1' },
    ...{ PORT: ports.get('8000'), SERVICE_LOG: folder.file('service.log') },
    NODE: process.execPath,
  };
  const bash = spawn('bash', ['--noprofile', '--norc'], { cwd: project, env, detached: true });
  const closed = once(bash, 'close');
  let output = '';
  let more = Promise.withResolvers<void>();
  bash.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    more.resolve();
  });
  bash.on('close', () => more.reject(new Error('the shell has ended')));
  const mark = `end-of-command-${crypto.randomUUID()}`;

  async function run(command: string) {
    output = '';
    bash.stdin.write(`{ ${command}\n} </dev/null\nprintf '\\n%s %d\\n' ${mark} $?\n`);
    for (;;) {
      const end = output.indexOf(`\n${mark} `);
      const exitCode = /^ (\d+)\n/.exec(output.slice(end + mark.length + 1))?.[1];
      if (end !== -1 && exitCode) {
        return { output: withoutNpm(output.slice(0, end)), exitCode: Number(exitCode) };
      }
      await more.promise;
      more = Promise.withResolvers();
    }
  }

  await run(PREAMBLE.trim());
  return {
    run,
    mapPorts: (text) => text.replaceAll(/\b(8000|9464|4010)\b/g, (port) => ports.get(port) ?? port),
    async [Symbol.asyncDispose]() {
      more.promise.catch(() => undefined);
      bash.stdin.end('stop_service\n');
      const timer = setTimeout(() => process.kill(-(bash.pid ?? 0), 'SIGKILL'), STOP_MS);
      await closed;
      clearTimeout(timer);
      folder[Symbol.dispose]();
    },
  };
}

/** After that, what still runs in the terminal is killed. */
const STOP_MS = 10_000;

/** The lines with which npm says what it runs. */
const withoutNpm = (text: string) => text.replace(/^(\n?> .*\n)+\n?/, '');
