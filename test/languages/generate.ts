import { fileURLToPath } from 'node:url';
import { missing, shell } from './shell.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = 'scripts/clients.ts';

/** Runs `npm run clients` with these arguments. */
export function generate(args: string[] = [], env: Record<string, string> = {}, cwd = ROOT) {
  const words = [process.execPath, SCRIPT, ...args].map((word) => JSON.stringify(word));
  return shell(words.join(' '), { cwd, env });
}

/** Makes all clients afresh, once, before the tests. Without Java there are none to test. */
export default async function setup(): Promise<void> {
  if ((await missing(['java'])).length > 0) return;
  const { code, output } = await generate();
  if (code !== 0) throw new Error(output);
}
