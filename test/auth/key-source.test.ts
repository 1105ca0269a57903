// A key set that is rotated while the service runs.
import { copyFile, mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { runTodos } from '../support/cli.ts';
import { call } from '../support/http.ts';
import { startService, type TestService } from '../support/service.ts';
import { startProcess } from '../support/service-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { signIn } from '../support/users.ts';

async function newKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid };
}

const [old, fresh] = [await newKey('old'), await newKey('fresh')];

/** Puts these keys where the service looks, in one step. */
async function put(file: string, ...keys: JWK[]) {
  await writeFile(`${file}.draft`, JSON.stringify({ keys }), { mode: 0o600 });
  await rename(`${file}.draft`, file);
}

const tokenOf = async (service: { url: string }) => (await signIn(service)).access_token;

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;
}

/** What is answered to a request with that token. */
async function present({ url }: { url: string }, access: string): Promise<string> {
  const { status, text } = await call(url, 'GET /auth/me', { access });
  return status === 200 ? 'welcome' : JSON.parse(text).code;
}

async function published({ url }: { url: string }): Promise<string[]> {
  const { text } = await call(url, 'GET /.well-known/jwks.json');
  const { keys }: { keys: { kid: string }[] } = JSON.parse(text);
  return keys.map(({ kid }) => kid);
}

/** The messages of the log about keys. */
function keyMessages({ log }: TestService): string[] {
  return log.map((line) => JSON.parse(line).msg).filter((text) => text.includes('JWT_KEYS'));
}

test('JWT_KEYS file replaced: the new key signs, and the old key verifies until it is removed', async () => {
  using folder = temporaryFolder();
  const file = folder.file('replaced.json');
  await put(file, old);
  await using service = await startService({ JWT_KEYS: file });
  const before = await tokenOf(service);

  await put(file, fresh, old);
  await expect.poll(() => published(service)).toEqual(['fresh', 'old']);
  const after = await tokenOf(service);
  expect([kidOf(before), kidOf(after)]).toEqual(['old', 'fresh']);
  expect([await present(service, before), await present(service, after)]).toEqual([
    'welcome',
    'welcome',
  ]);

  await put(file, fresh);
  await expect.poll(() => published(service)).toEqual(['fresh']);
  expect(await present(service, before)).toBe('invalid_access_token');
  expect(await present(service, after)).toBe('welcome');
  expect(service.log.map((line) => JSON.parse(line)).filter(({ signs }) => signs)).toMatchObject([
    { level: 30, signs: 'fresh', verify: ['fresh', 'old'] },
    { level: 30, signs: 'fresh', verify: ['fresh'] },
  ]);
});

test('JWT_KEYS file behind a symbolic link that is exchanged, as Kubernetes does it: the new key signs', async () => {
  using folder = temporaryFolder();
  const mount = folder.file('mount');
  for (const [name, key] of Object.entries({ first: old, second: fresh })) {
    await mkdir(join(mount, name), { recursive: true });
    await put(join(mount, name, 'keys.json'), key);
  }
  await symlink('first', join(mount, '..data'));
  await symlink('..data/keys.json', join(mount, 'keys.json'));
  await using service = await startService({ JWT_KEYS: join(mount, 'keys.json') });
  expect(await published(service)).toEqual(['old']);

  await symlink('second', join(mount, '..data_tmp'));
  await rename(join(mount, '..data_tmp'), join(mount, '..data'));
  await expect.poll(() => published(service)).toEqual(['fresh']);
});

describe('JWT_KEYS file replaced by', async () => {
  const secret = Buffer.from('a secret not to be logged').toString('base64url');
  const whole = JSON.stringify({ keys: [{ kty: 'oct', k: secret }, old] });
  test.each<[string, (file: string) => Promise<void>, RegExp]>([
    ['half a file', (file) => writeFile(file, whole.slice(0, -40)), /not valid JSON/],
    ['a set with a short secret', (file) => writeFile(file, whole), /key 1 .* 32 bytes or more/],
    ['no key', (file) => put(file), /has no key/],
    ['no file', unlink, /ENOENT/],
    ['a folder', (file) => unlink(file).then(() => mkdir(file)), /EISDIR/],
  ])('%s: the former keys stay until the file is a valid set', async (what, spoil, message) => {
    using folder = temporaryFolder();
    const file = folder.file(`${what}.json`);
    await put(file, old);
    await using service = await startService({ JWT_KEYS: file });
    const token = await tokenOf(service);

    await spoil(file);
    await service.reloadKeys();
    expect(keyMessages(service)).toContain('JWT_KEYS not taken: the former keys stay');
    const errors = service.log.filter((line) => JSON.parse(line).level === 50);
    // The last one is of the reading that was asked for; the file was looked at before, too.
    expect(JSON.parse(errors.at(-1) ?? '').err.message).toMatch(message);
    expect(errors.join('')).not.toContain(secret.slice(0, 10));
    expect(await present(service, token)).toBe('welcome');
    expect(await published(service)).toEqual(['old']);

    await rm(file, { recursive: true, force: true });
    await put(file, fresh, old);
    await service.reloadKeys();
    expect(await published(service)).toEqual(['fresh', 'old']);
    expect(await present(service, token)).toBe('welcome');
  });
});

test('a closed service does not read its JWT_KEYS file again', async () => {
  using folder = temporaryFolder();
  const file = folder.file('closed.json');
  await put(file, old);
  const service = await startService({ JWT_KEYS: file });
  await using other = await startService({ JWT_KEYS: file });
  await service.close();
  await put(file, fresh);
  await expect.poll(() => keyMessages(other)).toEqual(['JWT_KEYS has changed: taken']);
  expect(keyMessages(service)).toEqual([]);
});

test('two nodes during a key rotation with --next and --promote: each accepts the tokens of the other', async () => {
  using folder = temporaryFolder();
  const source = folder.file('source.json');
  const rotate = (...args: string[]) => runTodos(['keys', '--file', source, ...args]);
  const files = [folder.file('node-1.json'), folder.file('node-2.json')] as const;
  const database = { DATABASE_URL: `sqlite:${folder.file('nodes.sqlite')}` };
  await rotate();
  for (const file of files) await copyFile(source, file);
  await using one = await startService({ ...database, JWT_KEYS: files[0] });
  await using two = await startService({ ...database, JWT_KEYS: files[1] });

  const tokens: string[] = [];
  for (const step of ['--next', '--promote']) {
    await rotate(step);
    for (const [index, service] of [one, two].entries()) {
      await copyFile(source, files[index] ?? '');
      await service.reloadKeys();
      tokens.push(await tokenOf(one), await tokenOf(two));
      for (const token of tokens) {
        expect([await present(one, token), await present(two, token)]).toEqual([
          'welcome',
          'welcome',
        ]);
      }
    }
  }
  expect(new Set(tokens.map(kidOf)).size).toBe(2);
});

describe('SIGHUP', () => {
  const variables = { DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'info' };

  test('during load: the JWT_KEYS file is read at once, and no valid token is rejected', async () => {
    using folder = temporaryFolder();
    const file = folder.file('keys.json');
    let keys = [old];
    await put(file, ...keys);
    await using service = await startProcess({ ...variables, JWT_KEYS: file });
    service.child.kill('SIGHUP');
    await service.written('JWT_KEYS has not changed'); // logged only when it was asked to read
    const tokens = [await tokenOf(service)];
    let isOver = false;
    const answers = new Set<string>();
    const clients = Array.from({ length: 4 }, () => ({ presents: '' }));
    const load = clients.map(async (client) => {
      while (!isOver) {
        client.presents = tokens.at(-1) ?? '';
        answers.add(await present(service, client.presents));
      }
    });
    /** A token is good for one rotation more: at the next none may still be on its way. */
    const allPresentTheNewest = () =>
      expect.poll(() => clients.every(({ presents }) => presents === tokens.at(-1))).toBe(true);
    for (let rotation = 1; rotation <= 5; rotation += 1) {
      keys = [await newKey(`key ${rotation}`), ...keys].slice(0, 2);
      await put(file, ...keys);
      service.child.kill('SIGHUP');
      await service.written(`"signs":"key ${rotation}"`);
      tokens.push(await tokenOf(service));
      await allPresentTheNewest();
    }
    isOver = true;
    await Promise.all(load);
    expect(tokens.map(kidOf)).toEqual(['old', 'key 1', 'key 2', 'key 3', 'key 4', 'key 5']);
    expect([...answers]).toEqual(['welcome']);
    expect(await present(service, tokens[0] ?? '')).toBe('invalid_access_token');
  });

  test.each([
    ['a secret', { JWT_SECRET: 's'.repeat(32) }],
    ['a set of its own', { JWT_KEYS: JSON.stringify({ keys: [old] }) }],
  ])('with %s: the log says that there is no file to read again', async (_what, keys) => {
    await using service = await startProcess({ ...variables, ...keys });
    service.child.kill('SIGHUP');
    await service.written('JWT_KEYS names no file');
    expect(await present(service, await tokenOf(service))).toBe('welcome');
  });
});

test.each(['utf8', 'utf16le'] as const)(
  'a key file in %s with a byte order mark, as Windows editors save it: the service reads it',
  async (encoding) => {
    using folder = temporaryFolder();
    const file = folder.file(`${encoding}.json`);
    await writeFile(file, `\uFEFF${JSON.stringify({ keys: [old] })}`, { encoding, mode: 0o600 });
    await using service = await startService({ JWT_KEYS: file });
    expect(kidOf(await tokenOf(service))).toBe('old');
    const rotated = await runTodos(['keys', '--file', file, '--json']);
    expect(JSON.parse(rotated.output)).toMatchObject({ keys: 2 });
  },
);
