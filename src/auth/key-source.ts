import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { decodeText } from '../decode-text.ts';
import { type KeySet, keySetOfJson, keySetOfSecret } from './keys.ts';

/** Where keys come from: one secret, a JWK Set's JSON, or the path of a file with one. */
export type KeyOrigin = { secret: string } | { jwks: string } | { file: string };

/** What became of reading a key file again, for the log. */
export interface KeyReport {
  taken(keys: KeySet): void;
  unchanged(): void;
  refused(error: unknown): void;
  /** There is no file. */
  fixed(): void;
}

/** Keys that may be others a moment later. */
export interface KeySource {
  /** Those that hold now; whoever needs several of one set asks once. */
  current(): KeySet;
  /** Takes what the file says now, if that is a good set; else the former one stays. */
  reload(): Promise<void>;
  /** Watches no longer. */
  close(): void;
}

/** How often a key file is looked at, in milliseconds. */
const INTERVAL = 1000;

/** @throws Error saying why there is no good set in the first place */
export async function openKeys(origin: KeyOrigin, report: KeyReport): Promise<KeySource> {
  if ('file' in origin) return watchKeys(origin.file, report);
  const keys = await ('secret' in origin
    ? keySetOfSecret(origin.secret)
    : keySetOfJson(origin.jwks));
  return { current: () => keys, reload: async () => report.fixed(), close: () => undefined };
}

/**
 * Looks at what the path leads to again and again, instead of waiting for the file system to tell:
 * that tells of a folder's entries or of one inode, and not where a symbolic link further along is
 * exchanged (as Kubernetes updates a mounted secret) or the file lies on another machine.
 */
async function watchKeys(path: string, report: KeyReport): Promise<KeySource> {
  let held: Held;
  const reload = () => {
    // One after the other, or a slow reader of the old file would come last.
    running = running.then(readAgain).catch(report.refused);
    return running;
  };
  const readAgain = async () => {
    const next = await readKeys(path);
    if (next.text === held.text) return report.unchanged();
    held = next;
    report.taken(next.keys);
  };
  const close = () => unwatchFile(path, reload);
  watchFile(path, { interval: INTERVAL, persistent: false }, reload); // before it is read: no gap
  let running = readKeys(path).then((first) => {
    held = first;
  });
  await running.catch((error: unknown) => {
    close();
    throw error;
  });
  return { current: () => held.keys, reload, close };
}

interface Held {
  text: string;
  keys: KeySet;
}

async function readKeys(path: string): Promise<Held> {
  const text = decodeText(await readFile(path));
  return { text, keys: await keySetOfJson(text) };
}
