import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { missing, shell } from './shell.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The hashes of what the setup has generated, by path; empty without Java. */
    generated: Record<string, string>;
  }
}

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = 'scripts/clients.ts';

/** Runs `npm run clients` with these arguments. */
export function generate(args: string[] = [], env: Record<string, string> = {}, cwd = ROOT) {
  const words = [process.execPath, SCRIPT, ...args].map((word) => JSON.stringify(word));
  return shell(words.join(' '), { cwd, env });
}

/** @returns the hash of every file below a folder, by its path there */
export async function hashFiles(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const hashes = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [relative(folder, path), hash('sha256', await readFile(path))] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}

/** Makes all clients afresh, once, before the tests. Without Java there are none to test. */
export default async function setup(project: TestProject): Promise<void> {
  const hashes: Record<string, string> = {};
  if ((await missing(['java'])).length === 0) {
    const { code, output } = await generate();
    if (code !== 0) throw new Error(output);
    for (const path of output.trim().split('\n')) {
      const made = await hashFiles(join(ROOT, path));
      for (const [name, digest] of Object.entries(made))
        hashes[join(basename(path), name)] = digest;
    }
  }
  project.provide('generated', hashes);
}
