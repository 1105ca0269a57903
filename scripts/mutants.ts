// Promise: whatever is taken out of the statements and steps that decide on sessions, the tests in
// test/auth notice. Takes one thing out at a time in a copy of the tree, runs the tests there, and
// says which copies passed. `node scripts/mutants.ts [first number] [last number]`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SESSIONS = 'src/auth/sessions.ts';
const REFRESH = 'src/auth/refresh.ts';
const HANDLERS = 'src/auth/handlers.ts';
const TRANSACTION = 'src/database/transaction.ts';

/** A file, where to start looking, what is there after that, and what stands there instead. */
type Mutant = [file: string, after: string, from: string, to: string];

/** What makes a session a live one, asked in every statement. */
const LIVE = [
  ".where('revoked_at', 'is', null)",
  ".where('idle_expires_at', '>', now)",
  ".where('absolute_expires_at', '>', now)",
];
const without = (after: string, ...parts: string[]) =>
  parts.map((part): Mutant => [SESSIONS, after, part, '']);

const MUTANTS: Mutant[] = [
  ...without('async function spend(', ...LIVE, ".where('token_hash', '=', hash)"),
  [SESSIONS, 'async function spend(', 'token_hash: hashToken(successor),', ''],
  [SESSIONS, 'async function spend(', 'spent_hash: hash,', ''],
  [SESSIONS, 'async function spend(', 'spent_at: now,', ''],
  [SESSIONS, 'async function spend(', 'spent_stamp: presentation.answeredAfter,', ''],
  [SESSIONS, 'async function spend(', 'newNonce()', "''.padEnd(64, '0')"],
  [SESSIONS, 'async function spend(', 'idempotency_hash: keyHash(presentation),', ''],
  [SESSIONS, 'async function spend(', 'last_used_at: now,', ''],
  [SESSIONS, 'async function spend(', 'idle_expires_at: now + presentation.lifetimes.idle,', ''],
  [SESSIONS, 'async function spend(', 'address: client.address,', ''],
  [SESSIONS, 'async function spend(', 'user_agent: client.userAgent,', ''],
  [
    SESSIONS,
    'async function spend(',
    '{ token_hash: hash, session_id',
    '{ token_hash: nonce, session_id',
  ],
  ...without('async function repeat(', ...LIVE, ".where('spent_hash', '=', hashToken(token))"),
  [SESSIONS, 'async function repeat(', 'if (!presentation.foundCurrent)', ''],
  [SESSIONS, 'async function repeat(', 'if (!presentation.foundCurrent)', 'if (Math)'],
  ...without(
    'function excuses(',
    "where('spent_stamp', '>=', arrivedAt),",
    "where('spent_stamp', '<', arrivedAt + LONGEST_WAIT),",
    "where('spent_at', '>', now - lifetimes.grace),",
    "where('spent_at', '<', now + lifetimes.grace),",
    "where('idempotency_hash', '=', keyHash(presentation) ?? ''),",
    "where('spent_at', '>=', now - RETRY_HORIZON),",
  ),
  ...without('async function revokeReused(', ...LIVE, ', successor_nonce: null'),
  [SESSIONS, 'async function revokeReused(', ".where('token_hash', '=', hashToken(token)),", ''],
  [SESSIONS, 'async function revokeReused(', "'reuse'", "'logout'"],
  [SESSIONS, 'const session = await', 'revokeReused(db, presentation)', 'undefined'],
  ...without(
    'function findPrincipal(',
    ".where('sessions.id', '=', sessionId)",
    ".where('sessions.revoked_at', 'is', null)",
    ".where('sessions.idle_expires_at', '>', now)",
    ".where('sessions.absolute_expires_at', '>', now)",
  ),
  ...without('function findSessionOfToken(', "where('token_hash', '=', hash),"),
  [HANDLERS, 'async logout(', 'session?.userId !== principal.userId', '!session'],
  ...without(
    'function listLiveSessions(',
    ...LIVE,
    ".where('user_id', '=', userId)",
    '.limit(100)',
  ),
  ...without(
    'function revokeSessions(',
    ...LIVE,
    ".where('user_id', '=', userId)",
    ', successor_nonce: null',
    "if (only) query = query.where('id', 'in', only);",
    "if (except) query = query.where('id', '!=', except);",
  ),
  [REFRESH, '', 'const HELD_BACK = 10_000;', 'const HELD_BACK = 0;'],
  [REFRESH, 'function holdBack(', 'await clock.passed(until);', ''],
  [
    REFRESH,
    'function holdBack(',
    "rotation.outcome === 'rotated' ? answeredAfter : clock.stamp() + HELD_BACK",
    'answeredAfter',
  ],
  [REFRESH, 'function holdBack(', 'await postponeAnswer(db, rotation.grant, until)', 'void 0'],
  [REFRESH, '', 'arrivedAt: context.arrivedAt,', 'arrivedAt: clock.stamp(),'],
  [REFRESH, '', 'await audit(trx, {', 'await audit(db, {'],
  [
    HANDLERS,
    'async refresh(',
    "if ((headers['Refresh-Token'] ?? token) !== token) return refusal;",
    '',
  ],
  [
    HANDLERS,
    'async refresh(',
    "idempotencyKey: headers['Idempotency-Key'],",
    'idempotencyKey: undefined,',
  ],
  [
    HANDLERS,
    'async login(',
    'if (!(await replacePasswordHash(trx, user.id, user.passwordHash, hash)))',
    'if (!Math)',
  ],
  [HANDLERS, 'async logout(', 'only.push(session.id);', ''],
  [HANDLERS, 'async changePassword(', 'except: principal.sessionId', "except: ''"],
  [HANDLERS, 'async revokeSession(', '.toLowerCase()', ''],
  [HANDLERS, 'async revokeSessions(', 'query.keep_current ?', 'Math ?'],
  [
    'src/auth/access-token.ts',
    '',
    'Math.min(now + lifetime, session.absoluteExpiresAt)',
    'now + lifetime',
  ],
  [TRANSACTION, '', '.catch(() => undefined);', ';'],
  [
    TRANSACTION,
    '',
    'if (attempt === ATTEMPTS || !isContention(error)) throw error;',
    'throw error;',
  ],
  [TRANSACTION, '', 'await trx.commit().execute();', 'void trx.commit().execute();'],
];

/** @returns the first test that noticed */
function whatCaught([file, after, from, to]: Mutant): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
  try {
    for (const name of ['src', 'test', 'scripts', 'generated', 'openapi.yaml', 'package.json']) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const path = join(folder, file);
    const source = readFileSync(path, 'utf8');
    const at = source.indexOf(from, source.indexOf(after));
    if (at < 0 || !source.includes(after)) throw new Error(`${file} has no ${from} after ${after}`);
    writeFileSync(path, source.slice(0, at) + to + source.slice(at + from.length));
    for (const tests of STAGES) {
      const found = firstFailure(folder, tests);
      if (found) return found;
    }
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The quick ones first. */
const STAGES = [
  ['refresh', 'sessions', 'arrival'],
  ['interleavings', 'faults', 'model'],
];

/** @throws Error when the run failed and no test did: then nothing is known */
function firstFailure(folder: string, tests: string[]): string | undefined {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const files = tests.map((name) => `test/auth/${name}.test.ts`);
  const options = ['run', '--root', folder, '--bail', '1', ...files];
  const { status, stderr } = spawnSync(process.execPath, [vitest, ...options], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (status === 0) return undefined;
  const test = /FAIL +(\S+ > .*)/.exec(stderr)?.[1];
  if (!test) throw new Error(`no test failed, but the run did:\n${stderr}`);
  return test;
}

const [first = 1, last = MUTANTS.length] = process.argv.slice(2).map(Number);
const asItIs = whatCaught([SESSIONS, '', '', '']);
if (asItIs) throw new Error(`nothing was taken out, and yet: ${asItIs}`);
let caught = 0;
for (const [index, mutant] of MUTANTS.entries()) {
  if (index + 1 < first || index + 1 > last) continue;
  const [file, after, from, to] = mutant;
  const test = whatCaught(mutant);
  if (test) caught += 1;
  console.log(`${index + 1} ${file} ${after} ${from} → ${to}`);
  console.log(test ? `  caught by ${test}` : '  SURVIVED');
}
console.log(`${caught} of ${last - first + 1} caught`);
if (caught < last - first + 1) process.exitCode = 1;
