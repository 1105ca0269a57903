import { availableParallelism } from 'node:os';
import { hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import { lazy } from '../lazy.ts';
import type { QueueLimits } from '../server/request-queue.ts';

/** argon2id (the package's default) with OWASP's parameters: 19 MiB, two passes, one thread. */
const ARGON2_PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;

/**
 * Computes the limits of the queue for operations that hash a password. A hash uses a whole core for
 * some 25 ms. So a process runs one for each of its cores, at most four (Node's threads), at least two:
 * a single one could wait for the database while the core is free. The last operation of a full queue
 * waits about two seconds. Such a queue is no overload: networks take turns, so a long queue delays only
 * the networks that fill it.
 * @param processes how many processes share the machine
 */
export function passwordQueueLimits(processes: number): QueueLimits {
  const share = Math.floor(availableParallelism() / processes);
  const maxConcurrent = Math.max(2, Math.min(share, 4));
  return {
    maxConcurrent,
    maxQueued: 64 * maxConcurrent,
    targetDelayMs: Number.POSITIVE_INFINITY,
    rejectionDelayMs: 500,
  };
}

export function hashPassword(password: string): Promise<string> {
  return hash(normalizePassword(password), ARGON2_PARAMETERS);
}

/**
 * Verifies a password. Without a hash (no user has the name) it does the same work, so that the time
 * does not reveal which names exist.
 */
export async function verifyPassword(
  password: string,
  passwordHash: string | undefined,
): Promise<boolean> {
  const matches = await verify(passwordHash ?? DUMMY_HASH, normalizePassword(password));
  return matches && passwordHash !== undefined;
}

/** Whether a hash was made with other parameters than the current ones. */
export function needsRehash(passwordHash: string): boolean {
  const { memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
  return (
    memoryCost !== ARGON2_PARAMETERS.memoryCost ||
    timeCost !== ARGON2_PARAMETERS.timeCost ||
    parallelism !== ARGON2_PARAMETERS.parallelism
  );
}

/** Loaded for the first new password: a service that only signs users in does not need it. */
const loadCommonPasswords = lazy(async () => {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
});

/** Whether a password is, in any case, one of some 18,000 that have leaked most often. */
export async function isCommonPassword(password: string): Promise<boolean> {
  return (await loadCommonPasswords()).has(password.toLowerCase());
}

/** The hash of a random text with the current parameters. */
export const DUMMY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$IiEJvFsWacabWaptM1ncpw$h4j/GhS1qzMD3XKB8bfCU/mMmvA2fJWf9nOlenCtyq8';

/** Unicode has several forms of some characters; NFC makes them equal (RFC 8265 §4.2). */
function normalizePassword(password: string): string {
  return password.normalize('NFC');
}
