// Runs the service during development and restarts it when a file changes. A change of openapi.yaml
// also runs `npm run generate`. After an error it waits for the next change.
//
//   npm run dev
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './tools.ts';

/** Wait this long after the last change: editors write a file in several steps. */
const DEBOUNCE_MS = 100;

let service: ChildProcess | undefined;
let isContractChanged = false;
let timer: NodeJS.Timeout | undefined;
let lastRestart = Promise.resolve();

function start(): void {
  const args = [join(ROOT, 'src/cli/todos.mjs'), 'start'];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  service = child;
  child.once('exit', (code) => {
    if (code) console.log('The service has ended. It starts again after the next change.');
  });
}

async function stop(): Promise<void> {
  if (!service || service.exitCode !== null || service.signalCode !== null) return;
  const ended = once(service, 'exit');
  service.kill('SIGTERM');
  await ended;
}

async function restart(): Promise<void> {
  const generates = isContractChanged;
  isContractChanged = false;
  if (generates) {
    const code = await run(process.execPath, [join(ROOT, 'scripts/generate.ts')]);
    if (code !== 0) return console.log('The service keeps the previous contract.');
  }
  await stop();
  console.log('Restarting …');
  start();
}

function onChange(file: string | null): void {
  if (file === 'openapi.yaml') isContractChanged = true;
  clearTimeout(timer);
  timer = setTimeout(() => {
    lastRestart = lastRestart.then(restart);
  }, DEBOUNCE_MS);
}

watch(join(ROOT, 'src'), { recursive: true }, (_event, file) => onChange(file));
watch(ROOT, (_event, file) => {
  if (file === 'openapi.yaml' || file === '.env') onChange(file);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop().then(() => process.exit(0)));
}
start();
