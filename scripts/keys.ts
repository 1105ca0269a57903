// Promise: a JWK Set for JWT_KEYS, made and rotated without logging anyone out.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { keySetOfJwks } from '../src/auth/keys.ts';

const HELP = `npm run keys -- --file keys.json [--alg EdDSA|ES256|HS256] [--next | --promote] [--keep 3]

Makes the file, readable only by its owner, or rotates it: a new key comes first and signs from then
on; the older ones still verify. Tokens of a key that is gone are refreshed, not lost. A service that
runs takes the changed file within a second or two, or at SIGHUP.

  --alg      of the new key (default: EdDSA)
  --next     the new key comes last: it verifies everywhere before it signs anywhere (many nodes)
  --promote  no new key: the last one comes first
  --keep     how many keys stay (default: 3)`;

const { values } = parseArgs({
  options: {
    file: { type: 'string' },
    alg: { type: 'string', default: 'EdDSA' },
    next: { type: 'boolean', default: false },
    promote: { type: 'boolean', default: false },
    keep: { type: 'string', default: '3' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help || !values.file) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 1;
} else {
  const keep = Number(values.keep);
  if (!Number.isInteger(keep) || keep < 1) throw new Error('--keep is a number from 1 on');
  const present: JWK[] = existsSync(values.file)
    ? JSON.parse(readFileSync(values.file, 'utf8')).keys
    : [];
  const keys = await rotated(present, keep);
  const { first } = await keySetOfJwks({ keys }); // as the service will read it
  const draft = `${values.file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, values.file);
  console.log(`${values.file}: ${keys.length} keys; ${first.kid} (${first.algorithm}) signs.`);
  console.log(`Start the service with JWT_KEYS=${values.file}`);
}

/** What does not fit any more is the oldest that only verifies; never the new key. */
async function rotated(present: JWK[], keep: number): Promise<JWK[]> {
  if (values.promote) return [...present.slice(-1), ...present.slice(0, -1)].slice(0, keep);
  const fresh = await newKey(values.alg);
  const others = present.slice(0, keep - 1);
  if (values.next && others.length === 0 && present.length > 0) {
    throw new Error('--next needs room for two keys: --keep 2 or more');
  }
  return values.next ? [...others, fresh] : [fresh, ...others];
}

async function newKey(alg: string): Promise<JWK> {
  const kid = `${new Date().toISOString().slice(0, 10)}-${randomBytes(3).toString('hex')}`;
  if (alg === 'HS256') return { kty: 'oct', k: randomBytes(32).toString('base64url'), alg, kid };
  if (alg !== 'ES256' && alg !== 'EdDSA') throw new Error('--alg is EdDSA, ES256 or HS256');
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, kid };
}
