// What an attacker may put into `Authorization`, against the real service (RFC 8725).
import { createHmac } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { call } from '../support/http.ts';
import { startService, startSharedService, type TestService } from '../support/service.ts';
import { signIn } from '../support/users.ts';

const SECRET = 'a secret of thirty-two bytes or so';

const tokenOf = async (service: TestService) => (await signIn(service)).access_token;

async function present(service: TestService, access: string) {
  const { status, text } = await call(service.url, 'GET /auth/me', { access });
  const { code }: { code?: string } = JSON.parse(text);
  return { status, code };
}

const REFUSED = { status: 401, code: 'invalid_access_token' };
const json = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The token with other members in its header and claims, signed with the right secret. */
function forged(token: string, header: object, claims: object): string {
  const [head = '', payload = ''] = token.split('.');
  const parts = `${base64({ ...json(head), ...header })}.${base64({ ...json(payload), ...claims })}`;
  return `${parts}.${createHmac('sha256', SECRET).update(parts).digest('base64url')}`;
}

describe('access tokens signed with JWT_SECRET', async () => {
  const service = await startSharedService({ JWT_SECRET: SECRET });
  service.clock.stop();
  const token = await tokenOf(service);
  const now = Math.floor(service.clock.now() / 1000);

  test('a token that was rebuilt without a change is accepted', async () => {
    expect((await present(service, forged(token, {}, {}))).status).toBe(200);
  });

  test.each<[string, object, object]>([
    ['another type', { typ: 'at+jwt' }, {}],
    ['no type', { typ: undefined }, {}],
    ['alg none', { alg: 'none' }, {}],
    ['another algorithm of the family', { alg: 'HS384' }, {}],
    ['an algorithm of another family', { alg: 'ES256' }, {}],
    ['an unknown kid', { kid: 'nobody' }, {}],
    ['no kid', { kid: undefined }, {}],
    ['a kid that is a path', { kid: '../../dev/null' }, {}],
    ['a kid that every object has', { kid: 'constructor' }, {}],
    ['a kid that is no text', { kid: 1 }, {}],
    ['a key of its own', { jwk: { kty: 'oct', k: 'AAAA' }, kid: undefined }, {}],
    ['an unknown critical extension', { crit: ['exp'], exp: 1 }, {}],
    ['another issuer', {}, { iss: 'someone-else' }],
    ['another audience', {}, { aud: 'something-else' }],
    ['no issuer', {}, { iss: undefined }],
    ['no audience', {}, { aud: undefined }],
    ['no subject', {}, { sub: undefined }],
    ['no session', {}, { sid: undefined }],
    ['a session that is no text', {}, { sid: ['x'] }],
    ['no id', {}, { jti: undefined }],
    ['no issue time', {}, { iat: undefined }],
    ['an issue time that is no number', {}, { iat: 'now' }],
    ['no end', {}, { exp: undefined }],
    ['an end that is no number', {}, { exp: '9999999999' }],
    ['a start to come', {}, { nbf: now + 60 }],
  ])('a token with %s is rejected', async (_what, header, claims) => {
    expect(await present(service, forged(token, header, claims))).toEqual(REFUSED);
  });

  test.each([3, 60, 3600])('a token issued %i s ahead of this clock is accepted', async (ahead) => {
    expect((await present(service, forged(token, {}, { iat: now + ahead }))).status).toBe(200);
  });

  test('a token issued ahead of this clock that has expired by it is rejected', async () => {
    const claims = { iat: now + 60, exp: now - 1 };
    const expired = { status: 401, code: 'access_token_expired' };
    expect(await present(service, forged(token, {}, claims))).toEqual(expired);
  });

  test.each([
    ['an unsigned token', `${token.split('.').slice(0, 2).join('.')}.`],
    ['a token without a signature', token.split('.').slice(0, 2).join('.')],
    [
      'alg none without a signature',
      `${base64({ alg: 'none', typ: 'JWT' })}.${token.split('.')[1]}.`,
    ],
    ['half a token', token.slice(0, 40)],
    ['a changed signature', `${token.slice(0, -4)}AAAA`],
    ['five parts', `${token}.a.b`],
    ['no base64', 'a!.b!.c!'],
    ['an oversized token', `${token}${'A'.repeat(5000)}`],
    ['two tokens', `${token} ${token}`],
  ])('%s as the access token is rejected', async (_what, presented) => {
    expect(await present(service, presented)).toEqual(REFUSED);
  });

  test('a token of a session that does not exist is rejected', async () => {
    const forgedToken = forged(token, {}, { sid: '019ab1d0-5c00-7000-8000-00000000000a' });
    const answer = { status: 401, code: 'session_ended' };
    expect(await present(service, forgedToken)).toEqual(answer);
  });

  test('a token that was accepted before is rejected after it has expired', async () => {
    const short = forged(token, {}, { exp: Math.floor(service.clock.now() / 1000) + 60 });
    expect((await present(service, short)).status).toBe(200);
    expect((await present(service, short)).status).toBe(200);
    service.clock.advance(61);
    expect(await present(service, short)).toEqual({ status: 401, code: 'access_token_expired' });
  });

  test('/.well-known/jwks.json publishes no key', async () => {
    const { data } = await service.client().GET('/.well-known/jwks.json');
    expect(data).toEqual({ keys: [] });
  });
});

async function privateJwk(alg: 'ES256' | 'EdDSA', kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg };
}

const octet: JWK = { kty: 'oct', k: Buffer.from(SECRET).toString('base64url'), kid: 'oct' };

function withKeys(...keys: JWK[]) {
  return startService({ JWT_KEYS: JSON.stringify({ keys }) });
}

describe.each(['ES256', 'EdDSA'] as const)(
  'access tokens signed with the %s key of JWT_KEYS',
  async (alg) => {
    const first = await privateJwk(alg, 'first');
    const second = await privateJwk('ES256', 'second');

    test('the first key signs, every key verifies, and only their public halves are published', async () => {
      await using service = await withKeys(first, second, octet);
      const token = await tokenOf(service);
      expect(json(token.split('.')[0] ?? '')).toEqual({ alg, typ: 'JWT', kid: 'first' });
      expect((await present(service, token)).status).toBe(200);
      const { data } = await service.client().GET('/.well-known/jwks.json');
      expect(data?.keys.map(({ kid }) => kid)).toEqual(['first', 'second']);
      const published = JSON.stringify(data);
      for (const secret of [first.d, second.d, octet.k]) expect(published).not.toContain(secret);
    });

    test('a token signed with a public key as its HMAC secret is rejected', async () => {
      await using service = await withKeys(first, octet);
      const token = await tokenOf(service);
      const { d: _, ...open } = first;
      for (const secret of [JSON.stringify(open), Buffer.from(open.x ?? '', 'base64url'), open.x]) {
        const head = base64({ alg: 'HS256', typ: 'JWT', kid: 'first' });
        const parts = `${head}.${token.split('.')[1]}`;
        const mac = createHmac('sha256', secret ?? '')
          .update(parts)
          .digest('base64url');
        expect(await present(service, `${parts}.${mac}`)).toEqual(REFUSED);
      }
    });

    test('a token whose algorithm is not that of the key in its kid is rejected', async () => {
      await using service = await withKeys(first, octet);
      const claims = json((await tokenOf(service)).split('.')[1] ?? '');
      const swapped = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: 'first' })
        .sign(Buffer.from(SECRET));
      expect(await present(service, swapped)).toEqual(REFUSED);
    });
  },
);

test('a key rotation ends no session: tokens of the older key work, and a refresh signs with the new key', async () => {
  const old = await privateJwk('ES256', 'old');
  const fresh = await privateJwk('EdDSA', 'fresh');
  await using before = await withKeys(old);
  const [head = '', claims = ''] = (await tokenOf(before)).split('.');
  expect(json(head).kid).toBe('old');
  await using after = await withKeys(fresh, old);
  const own = json((await tokenOf(after)).split('.')[1] ?? '');
  const signed = await new SignJWT({ ...json(claims), sid: own.sid })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'old' })
    .sign(await importJWK(old, 'ES256'));
  expect((await present(after, signed)).status).toBe(200);
});

test.each<[string, unknown, string]>([
  ['no JSON', '{', 'JWT_KEYS'],
  ['no key', { keys: [] }, 'the JWK Set has no key'],
  ['no set', { kty: 'oct' }, 'a JWK Set is an object with a list "keys"'],
  [
    'a short secret',
    { keys: [{ kty: 'oct', k: 'AAAA' }] },
    'key 1 of the JWK Set: an HS256 key has 32',
  ],
  [
    'an RSA key',
    { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] },
    'key 1 of the JWK Set: kty must be',
  ],
  ['two keys of one name', { keys: [octet, octet] }, 'two keys of the JWK Set have the same kid'],
  ['a name that is too long', { keys: [{ ...octet, kid: 'x'.repeat(101) }] }, 'kid must be a text'],
  ['a name that is empty', { keys: [{ ...octet, kid: '' }] }, 'kid must be a text'],
  ['a name that is no text', { keys: [{ ...octet, kid: 'a\0' }] }, 'kid must be a text'],
  ['another alg', { keys: [{ ...octet, alg: 'HS512' }] }, 'alg must be "HS256"'],
  [
    'a public key',
    { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] },
    'a private key is needed',
  ],
])('JWT_KEYS with %s: the service does not start', async (_what, set, message) => {
  const text = typeof set === 'string' ? set : JSON.stringify(set);
  await expect(startService({ JWT_KEYS: text })).rejects.toThrow(message);
});
