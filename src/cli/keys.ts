import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { importJwks, importJwksText } from '../auth/keys.ts';
import { decodeText } from '../decode-text.ts';
import { OperatorError } from '../operator-error.ts';
import { parseCount, UsageError } from './errors.ts';
import { formatCount, printResult, type Result, type Terminal } from './terminal.ts';

const HELP = `
Makes the file, readable only by its owner, or adds a key to it. The new key comes first and signs new
tokens; the older keys still verify. If a key is removed, clients refresh its tokens and stay logged in.
The service reads the changed file within two seconds, or on SIGHUP.

To rotate keys on several nodes: run --next, wait until all nodes have the file, then run --promote.`;

interface KeysOptions {
  file: string;
  alg: string;
  next?: boolean;
  promote?: boolean;
  keep: number;
}

/** A key with the second in which it was made; a newer key always has a greater number. */
type DatedKey = JWK & { iat?: number };

export function addKeysCommand(program: Command, terminal: Terminal): void {
  const algorithms = ['EdDSA', 'ES256', 'HS256'];
  const next = 'add the new key last, so that every node verifies it before one signs with it';
  program
    .command('keys')
    .description('make or rotate the JWK Set of JWT_KEYS')
    .requiredOption('--file <path>', 'the JWK Set')
    .addOption(
      new Option('--alg <name>', 'algorithm of the new key').choices(algorithms).default('EdDSA'),
    )
    .addOption(new Option('--next', next).conflicts('promote'))
    .option('--promote', 'make no key, but move the newest key to the front, so that it signs')
    .option('--keep <count>', 'how many keys to keep', parseCount, 3)
    .addHelpText('after', HELP)
    .action(printResult(terminal, changeKeys));
}

async function changeKeys(options: KeysOptions): Promise<Result> {
  const { file, promote } = options;
  const present = existsSync(file) ? await readKeys(file) : [];
  const keys = promote ? promoteNewest(present) : await addKey(present, options);
  const { first } = await importJwks({ keys }); // validates it as the service does
  const hasChanged = keys !== present;
  if (hasChanged) writeKeys(file, keys);
  const state = `${formatCount(keys.length, 'key')}; ${first.kid} (${first.algorithm}) signs.`;
  const text = `${hasChanged ? '' : 'Nothing has changed. '}${file}: ${state}\nStart the service with JWT_KEYS=${file}`;
  const signs = { kid: first.kid, alg: first.algorithm };
  return { text, data: { file, has_changed: hasChanged, keys: keys.length, signs } };
}

/** @throws OperatorError if the service would not accept the file */
async function readKeys(file: string): Promise<DatedKey[]> {
  try {
    const text = decodeText(readFileSync(file));
    await importJwksText(text);
    return JSON.parse(text).keys;
  } catch (error) {
    throw new OperatorError(
      `${file} cannot be used: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function writeKeys(file: string, keys: DatedKey[]): void {
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  writeFileSync(draft, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
}

/** @returns the same list if the newest key is already the first */
function promoteNewest(present: DatedKey[]): DatedKey[] {
  const newest = findNewest(present);
  if (!newest || newest === present[0]) return present;
  const dated = { ...newest, iat: newest.iat ?? nextDate(present) };
  return [dated, ...present.filter((key) => key !== newest)];
}

/** Keys of version 0.2.0 have no dates: the newest is the last one, which `--next` has added. */
function findNewest(present: DatedKey[]): DatedKey | undefined {
  const [latest] = present.toSorted((a, b) => (b.iat ?? 0) - (a.iat ?? 0));
  return latest?.iat === undefined ? present.at(-1) : latest;
}

/** Adds a key and drops the oldest keys over the limit, never the new one. */
async function addKey(present: DatedKey[], { alg, next, keep }: KeysOptions): Promise<DatedKey[]> {
  const fresh = await generateKey(alg, nextDate(present));
  const others = present.slice(0, keep - 1);
  if (next && others.length === 0 && present.length > 0) {
    throw new UsageError('--next needs --keep 2 or more: the old key signs until --promote.');
  }
  return next ? [...others, fresh] : [fresh, ...others];
}

async function generateKey(alg: string, iat: number): Promise<DatedKey> {
  const kid = `${new Date().toISOString().slice(0, 10)}-${randomBytes(3).toString('hex')}`;
  const common = { alg, kid, iat };
  if (alg === 'HS256') return { kty: 'oct', k: randomBytes(32).toString('base64url'), ...common };
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), ...common };
}

function nextDate(present: DatedKey[]): number {
  const now = Math.floor(Date.now() / 1000);
  return Math.max(now, ...present.map(({ iat = 0 }) => iat + 1));
}
