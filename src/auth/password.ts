import { availableParallelism } from 'node:os';
import { hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import { dictionary } from '@zxcvbn-ts/language-common';
import pLimit from 'p-limit';
import type { LaneLimits } from '../http/load.ts';

/** argon2id (the package's default) as OWASP recommends it: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;

/**
 * Hashing takes a core whole, so as many run at a time as leave one for everything else; more than
 * Node has threads for it (4) would only wait where the queue does not see them.
 */
function hashesAtOnce(processes: number): number {
  const share = Math.floor((availableParallelism() - 1) / processes);
  return Math.max(1, Math.min(share, 4));
}

const queue = pLimit(hashesAtOnce(1));

/** Leaves to each of so many processes its share of the cores. */
export function shareCores(processes: number): void {
  queue.concurrency = hashesAtOnce(processes);
}

/**
 * How many requests about passwords each of so many processes takes on: some are at the database
 * while others are hashed, and with some 25 ms a hash those at the end of a burst wait about two
 * seconds.
 */
export function passwordRequests(processes: number): LaneLimits {
  const hashes = hashesAtOnce(processes);
  return { atOnce: 4 * hashes, waiting: 64 * hashes };
}

export function hashPassword(password: string): Promise<string> {
  return queue(() => hash(normal(password), PARAMETERS));
}

/**
 * Whether the password is the one that was hashed. Without a hash (nobody has that name) it does
 * the same work and says no.
 */
export async function verifyPassword(
  password: string,
  passwordHash: string | undefined,
): Promise<boolean> {
  const matches = await queue(async () =>
    verify(passwordHash ?? (await nobodysHash), normal(password)),
  );
  return matches && passwordHash !== undefined;
}

/** Whether a hash was made with other parameters than today's. */
export function isOutdated(passwordHash: string): boolean {
  const { memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
  return (
    memoryCost !== PARAMETERS.memoryCost ||
    timeCost !== PARAMETERS.timeCost ||
    parallelism !== PARAMETERS.parallelism
  );
}

const common = new Set(dictionary['passwords-common']);

/** The contract's format `uncommon-password`: none of some 18,000 leaked most often. */
export function isUncommon(password: string): boolean {
  return !common.has(password.toLowerCase());
}

const nobodysHash = hash(crypto.randomUUID(), PARAMETERS);

/** The same characters may be typed in several ways; NFC makes them one (RFC 8265 §4.2). */
function normal(password: string): string {
  return password.normalize('NFC');
}

/** How many passwords are being hashed, and wait for it, in this process. */
export function hashQueue() {
  return { running: queue.activeCount, waiting: queue.pendingCount };
}
