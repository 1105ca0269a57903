import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { decodeText } from '../decode-text.ts';
import { importJwksText, importSecret, type KeySet } from './keys.ts';

/** Where keys come from: a secret, the JSON of a JWK Set, or the path of a file with a JWK Set. */
export type KeyOrigin = { secret: string } | { jwks: string } | { file: string };

/** Keys that can change while the service runs. */
export interface KeySource {
  /** The current keys. Call it once to get several keys of the same set. */
  current(): KeySet;
  /** Reads the file again; keeps the former keys if the new ones are invalid. */
  reload(): Promise<void>;
  /** Stops watching the file. */
  close(): void;
}

const POLL_INTERVAL_MS = 1000;

/** @throws Error if there is no valid set of keys; the message says why */
export async function openKeys(origin: KeyOrigin, logger: Logger): Promise<KeySource> {
  if ('file' in origin) return watchKeyFile(origin.file, logger);
  const keys = await ('secret' in origin
    ? importSecret(origin.secret)
    : importJwksText(origin.jwks));
  const reload = async () => logger.info('JWT_KEYS names no file: there are no keys to read again');
  return { current: () => keys, reload, close: () => undefined };
}

/**
 * Watches a key file, so that keys are rotated without a restart. It polls the path, because file
 * system events report only changes of one folder or inode. They miss a symbolic link further along
 * the path, with which Kubernetes updates a mounted secret, and a file on another machine.
 */
async function watchKeyFile(path: string, logger: Logger): Promise<KeySource> {
  let loaded: Awaited<ReturnType<typeof readKeyFile>>;
  const reload = () => {
    // One read after the other, or a slow read of the old file could finish last.
    running = running.then(readIfChanged).catch((error: unknown) => {
      logger.error({ err: error }, 'JWT_KEYS not taken: the former keys stay');
    });
    return running;
  };
  const readIfChanged = async () => {
    const next = await readKeyFile(path);
    if (next.text === loaded.text) return logger.info('JWT_KEYS has not changed');
    loaded = next;
    const { first, byId } = next.keys;
    logger.info({ signs: first.kid, verify: [...byId.keys()] }, 'JWT_KEYS has changed: taken');
  };
  const close = () => unwatchFile(path, reload);
  watchFile(path, { interval: POLL_INTERVAL_MS, persistent: false }, reload); // before the first read: no gap
  let running = readKeyFile(path).then((first) => {
    loaded = first;
  });
  await running.catch((error: unknown) => {
    close();
    throw error;
  });
  return { current: () => loaded.keys, reload, close };
}

async function readKeyFile(path: string) {
  const text = decodeText(await readFile(path));
  return { text, keys: await importJwksText(text) };
}
