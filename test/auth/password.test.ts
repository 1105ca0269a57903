import { hash } from '@node-rs/argon2';
import { expect, test, vi } from 'vitest';
import {
  DUMMY_HASH,
  hashPassword,
  isCommonPassword,
  needsRehash,
  verifyPassword,
} from '../../src/auth/password.ts';
import { loginRequest, sendAtOnce } from '../support/raw-connection.ts';
import { startService, startSharedService } from '../support/service.ts';
import { DEMO, signedInClient } from '../support/users.ts';

const plenty = '1000000';
const service = await startSharedService({
  LOGIN_FREE_FAILURES: plenty,
  LOGIN_FREE_FAILURES_PER_ADDRESS: plenty,
});

async function register(username: string, password: string) {
  return service.client().POST('/auth/register', { body: { username, password } });
}

test('passwords are argon2id with at least 19 MiB, two passes and one lane', async () => {
  expect(await hashPassword('a password')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('a password hash with outdated parameters is replaced at the next login', async () => {
  const weak = await hash(DEMO.password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
  expect(needsRehash(weak)).toBe(true);
  await service.db.updateTable('users').set({ password_hash: weak }).execute();
  for (let n = 0; n < 2; n += 1) {
    const { response } = await service.client().login(DEMO.username, DEMO.password);
    expect(response.status).toBe(200);
    const { password_hash } = await service.db
      .selectFrom('users')
      .select('password_hash')
      .executeTakeFirstOrThrow();
    expect(needsRehash(password_hash)).toBe(false);
  }
});

test.each([
  ['with blanks at its ends', '  eight  '],
  ['of other writing systems', 'пароль-密码-🗝️'],
  ['of 128 characters outside the basic plane', '𝒳'.repeat(128)],
  ['of control characters', '\u0001\u0002\n\t\u007f\u0085 x y'],
])('a password %s is taken as it is', async (what, password) => {
  const name = what.replaceAll(/\W/g, '-').slice(0, 20);
  expect((await register(name, password)).response.status).toBe(201);
  expect((await service.client().login(name, password)).response.status).toBe(200);
  expect(
    (await service.client().login(name, [...password.trim()].slice(1).join(''))).response.status,
  ).toBe(401);
});

test('two Unicode forms of one character are the same password', async () => {
  await register('zoe', 'Zo\u00eb likes caf\u00e9s');
  expect((await service.client().login('zoe', 'Zoe\u0308 likes cafe\u0301s')).response.status).toBe(
    200,
  );
});

test.each([
  ['seven characters', '1234567'],
  ['129 characters', 'x'.repeat(129)],
  ['a very common one in capitals', 'PASSWORD123'],
  ['a null character', 'with a null\0'],
  ['half a surrogate pair', 'half a pair \ud800', ''],
])('a new password with %s is rejected', async (_what, password, pointer = '/password') => {
  const { error } = await register('somebody', password);
  expect(error).toMatchObject({ status: 400, errors: [{ pointer }] });
});

test('the common passwords are those of the published list', async () => {
  expect(await isCommonPassword('12345678')).toBe(true);
  expect(await isCommonPassword('PASSWORD1')).toBe(true);
  expect(await isCommonPassword('correct horse battery staple')).toBe(false);
});

test('a common password is rejected, and the problem says so', async () => {
  const { error } = await register('somebody', 'password1');
  const message = 'This password is too common.';
  expect(error).toMatchObject({ status: 400, detail: message });
  expect(error).toMatchObject({ errors: [{ pointer: '/password', message }] });
});

test('verifyPassword without a hash does the same work and returns false', async () => {
  expect(await verifyPassword('a password', undefined)).toBe(false);
  expect(await verifyPassword('a password', await hashPassword('a password'))).toBe(true);
});

test('400 logins at once: some are answered with 503 and not counted, and other requests are still served', async () => {
  await using service = await startService({ LOGIN_FREE_FAILURES_PER_ADDRESS: plenty });
  const client = await signedInClient(service);
  const logins = Array.from({ length: 400 }, (_, n) =>
    loginRequest({ username: `unknown-${n}`, password: 'wrong' }),
  );
  const storm = await sendAtOnce(service.url, logins);
  expect((await client.GET('/todos')).response.status).toBe(200);
  const answers = await Promise.all(storm);
  const verified = answers.filter(({ status }) => status === 401).length;
  const rejected = answers.filter(({ status }) => status === 503).length;
  expect(Math.min(verified, rejected)).toBeGreaterThan(0);
  expect(verified + rejected).toBe(400);
  const counted = await service.db
    .selectFrom('rate_limits')
    .select('points')
    .where('key', 'like', 'login-address:%')
    .executeTakeFirstOrThrow();
  const refused = await service.db
    .selectFrom('audit_events')
    .select('id')
    .where('event', '=', 'sign_in_refused')
    .execute();
  expect([counted.points, refused.length]).toEqual([verified, verified]);
  expect((await client.login(DEMO.username, DEMO.password)).response.status).toBe(200);
});

test.each([
  [1, 1, 2],
  [2, 1, 2],
  [3, 1, 3],
  [4, 2, 2],
  [4, 8, 2],
  [12, 4, 3],
  [64, 4, 4],
])(
  'on %i cores, the queue of each of %i processes runs %i password operations at a time',
  async (cores, processes, expected) => {
    vi.resetModules();
    vi.doMock('node:os', () => ({ availableParallelism: () => cores }));
    const mocked = await import('../../src/auth/password.ts');
    expect(mocked.passwordQueueLimits(processes)).toEqual({
      maxConcurrent: expected,
      maxQueued: 64 * expected,
      targetDelayMs: Number.POSITIVE_INFINITY,
      rejectionDelayMs: 500,
    });
    vi.doUnmock('node:os');
  },
);

test('the dummy hash of unknown usernames has the current parameters', () => {
  expect(needsRehash(DUMMY_HASH)).toBe(false);
});
