import { availableParallelism } from 'node:os';
import { hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import { lazy } from '../lazy.ts';
import type { QueueLimits } from '../server/request-queue.ts';

/** argon2id (the package's default) as OWASP recommends it: 19 MiB, two passes, one thread. */
const ARGON2_PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;

/**
 * The limits of the queue for operations that hash a password, in each of so many processes. A hash
 * takes a whole core for some 25 ms, so as many run as the process has cores, and no more than Node has
 * threads for (4); never one alone, which could wait for the database while others could be hashed.
 * The last of a full queue waits about two seconds. A queue that long is no overload: networks take
 * turns in it, so it delays only the networks that fill it.
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
 * Whether the password is the one that was hashed. Without a hash (nobody has that name) it does
 * the same work and says no.
 */
export async function verifyPassword(
  password: string,
  passwordHash: string | undefined,
): Promise<boolean> {
  const matches = await verify(passwordHash ?? DUMMY_HASH, normalizePassword(password));
  return matches && passwordHash !== undefined;
}

/** Whether a hash was made with other parameters than today's. */
export function needsRehash(passwordHash: string): boolean {
  const { memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
  return (
    memoryCost !== ARGON2_PARAMETERS.memoryCost ||
    timeCost !== ARGON2_PARAMETERS.timeCost ||
    parallelism !== ARGON2_PARAMETERS.parallelism
  );
}

/** Loaded at the first new password: a service that only signs users in does without. */
const loadCommonPasswords = lazy(async () => {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
});

/** Whether it is one of some 18,000 passwords that have leaked most often, in whatever case. */
export async function isCommonPassword(password: string): Promise<boolean> {
  return (await loadCommonPasswords()).has(password.toLowerCase());
}

/** Made with today's parameters, of a random text. */
export const DUMMY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$IiEJvFsWacabWaptM1ncpw$h4j/GhS1qzMD3XKB8bfCU/mMmvA2fJWf9nOlenCtyq8';

/** The same characters may be typed in several ways; NFC makes them one (RFC 8265 §4.2). */
function normalizePassword(password: string): string {
  return password.normalize('NFC');
}
