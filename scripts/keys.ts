// Promise: a JWK Set for JWT_KEYS, made and rotated without logging anyone out.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { keySetOfJwks } from '../src/auth/keys.ts';
import {
  countOf,
  expectNoPositionals,
  Fault,
  main,
  readCount,
  UsageError,
  type Values,
} from './operator.ts';

const HELP = `npm run keys -- --file keys.json [--alg EdDSA|ES256|HS256] [--next | --promote] [--keep 3]

Makes the file, readable only by its owner, or rotates it: a new key comes first and signs from then
on; the older ones still verify. Tokens of a key that is gone are refreshed, not lost. A service that
runs takes the changed file within a second or two, or at SIGHUP.

  --alg      of the new key (default: EdDSA)
  --next     the new key comes last: it verifies everywhere before it signs anywhere (many nodes)
  --promote  no new key: the newest one comes first; if it is first already, nothing changes
  --keep     how many keys stay (default: 3)`;

const options = {
  file: { type: 'string' },
  alg: { type: 'string' },
  next: { type: 'boolean' },
  promote: { type: 'boolean' },
  keep: { type: 'string' },
} as const;

/** A key with the second in which it was made; a newer one has a greater number in any case. */
type DatedKey = JWK & { iat?: number };

await main(HELP, options, async (values, positionals) => {
  expectNoPositionals(positionals);
  const { file, next, promote } = values;
  if (typeof file !== 'string') throw new UsageError('--file FILE is missing');
  if (next && promote) throw new UsageError('Say --next or --promote');
  const present = existsSync(file) ? await readKeys(file) : [];
  const keys = promote ? promoteNewest(present) : await addKey(present, values);
  const { first } = await keySetOfJwks({ keys }); // as the service will read it
  if (keys !== present) writeKeys(file, keys);
  const change = keys === present ? 'Nothing has changed. ' : '';
  const state = `${countOf(keys.length, 'key')}; ${first.kid} (${first.algorithm}) signs.`;
  console.log(`${change}${file}: ${state}\nStart the service with JWT_KEYS=${file}`);
});

/** @throws Fault where the file is no JWK Set that the service would take */
async function readKeys(file: string): Promise<DatedKey[]> {
  try {
    const set: { keys: DatedKey[] } = JSON.parse(readFileSync(file, 'utf8'));
    await keySetOfJwks(set);
    return set.keys;
  } catch (error) {
    // The message of a JSON error would quote the secret.
    const isSyntax = error instanceof SyntaxError || !(error instanceof Error);
    throw new Fault(`${file} cannot be used: ${isSyntax ? 'it is not JSON' : error.message}`);
  }
}

function writeKeys(file: string, keys: DatedKey[]): void {
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  writeFileSync(draft, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
}

/** @returns the same list if the newest key is the first one already */
function promoteNewest(present: DatedKey[]): DatedKey[] {
  const newest = findNewest(present);
  if (!newest || newest === present[0]) return present;
  const dated = { ...newest, iat: newest.iat ?? nextDate(present) };
  return [dated, ...present.filter((key) => key !== newest)];
}

/** Without dates, as 0.2.0 made the keys, the key that `--next` added last. */
function findNewest(present: DatedKey[]): DatedKey | undefined {
  const [latest] = present.toSorted((a, b) => (b.iat ?? 0) - (a.iat ?? 0));
  return latest?.iat === undefined ? present.at(-1) : latest;
}

/** What does not fit any more is the oldest that only verifies; never the new key. */
async function addKey(present: DatedKey[], { alg, next, keep }: Values): Promise<DatedKey[]> {
  const fresh = await makeKey(String(alg ?? 'EdDSA'), nextDate(present));
  const others = present.slice(0, readCount('keep', keep, 3) - 1);
  if (next && others.length === 0 && present.length > 0) {
    throw new UsageError('--next needs room for two keys: --keep 2 or more');
  }
  return next ? [...others, fresh] : [fresh, ...others];
}

async function makeKey(alg: string, iat: number): Promise<DatedKey> {
  const kid = `${new Date().toISOString().slice(0, 10)}-${randomBytes(3).toString('hex')}`;
  const common = { alg, kid, iat };
  if (alg === 'HS256') return { kty: 'oct', k: randomBytes(32).toString('base64url'), ...common };
  if (alg !== 'ES256' && alg !== 'EdDSA') throw new UsageError('--alg is EdDSA, ES256 or HS256');
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), ...common };
}

function nextDate(present: DatedKey[]): number {
  const now = Math.floor(Date.now() / 1000);
  return Math.max(now, ...present.map(({ iat = 0 }) => iat + 1));
}
