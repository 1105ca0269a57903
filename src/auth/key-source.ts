import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { decodeText } from '../decode-text.ts';
import { importJwksText, importSecret, type KeySet } from './keys.ts';

/** Where keys come from: one secret, a JWK Set's JSON, or the path of a file with one. */
export type KeyOrigin = { secret: string } | { jwks: string } | { file: string };

/** What became of reading a key file again, for the log. */
export interface KeyReloadObserver {
  onReloaded(keys: KeySet): void;
  onUnchanged(): void;
  onRejected(error: unknown): void;
  /** There is no file. */
  onNoFile(): void;
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
const POLL_INTERVAL_MS = 1000;

/** @throws Error saying why there is no good set in the first place */
export async function openKeys(origin: KeyOrigin, observer: KeyReloadObserver): Promise<KeySource> {
  if ('file' in origin) return watchKeyFile(origin.file, observer);
  const keys = await ('secret' in origin
    ? importSecret(origin.secret)
    : importJwksText(origin.jwks));
  return { current: () => keys, reload: async () => observer.onNoFile(), close: () => undefined };
}

/**
 * Looks at what the path leads to again and again, instead of waiting for the file system to tell:
 * that tells of a folder's entries or of one inode, and not where a symbolic link further along is
 * exchanged (as Kubernetes updates a mounted secret) or the file lies on another machine.
 */
async function watchKeyFile(path: string, observer: KeyReloadObserver): Promise<KeySource> {
  let held: LoadedKeys;
  const reload = () => {
    // One after the other, or a slow reader of the old file would come last.
    running = running.then(readAgain).catch(observer.onRejected);
    return running;
  };
  const readAgain = async () => {
    const next = await readKeyFile(path);
    if (next.text === held.text) return observer.onUnchanged();
    held = next;
    observer.onReloaded(next.keys);
  };
  const close = () => unwatchFile(path, reload);
  watchFile(path, { interval: POLL_INTERVAL_MS, persistent: false }, reload); // before it is read: no gap
  let running = readKeyFile(path).then((first) => {
    held = first;
  });
  await running.catch((error: unknown) => {
    close();
    throw error;
  });
  return { current: () => held.keys, reload, close };
}

interface LoadedKeys {
  text: string;
  keys: KeySet;
}

async function readKeyFile(path: string): Promise<LoadedKeys> {
  const text = decodeText(await readFile(path));
  return { text, keys: await importJwksText(text) };
}
