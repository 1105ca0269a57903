import { check, operation } from '../../checks.ts';
import { holds, refuses, succeeds } from '../../expect.ts';
import { ada, as, bob } from '../../people.ts';
import { api } from '../../target.ts';

operation('getCurrentUser', () => {
  check(200, 'the user as registration has answered it', async () => {
    for (const { user, tokens } of [await ada(), await bob()]) {
      const result = await api.GET('/auth/me', as(tokens));
      holds(result, 'The signed-in user', succeeds(result, 200), user);
    }
  });

  check(401, 'an access token that was tampered with, or is of another kind', async () => {
    const { tokens, username } = await ada();
    const { access_token, refresh_token } = tokens;
    const [head = '', claims = '', signature = ''] = access_token.split('.');
    const sub = changed(claims, { sub: (await bob()).username });
    const bad = [
      [head, claims, signature.split('').reverse().join('')].join('.'),
      [head, claims, ''].join('.'),
      [head, sub, signature].join('.'),
      [changed(head, { alg: 'none' }), claims, ''].join('.'),
      [changed(head, { kid: 'another' }), claims, signature].join('.'),
      refresh_token,
      username,
    ];
    for (const token of bad) {
      refuses(await api.GET('/auth/me', as({ access_token: token })), 'invalid_access_token');
    }
  });

  check(401, 'an access token under another scheme counts as no credentials', async () => {
    const { access_token } = (await ada()).tokens;
    for (const Authorization of [
      `Basic ${access_token}`,
      `Bearers ${access_token}`,
      access_token,
    ]) {
      refuses(await api.GET('/auth/me', { headers: { Authorization } }), 'authentication_required');
    }
  });

  check(401, 'the scheme Bearer without a token, or with two', async () => {
    const { access_token } = (await ada()).tokens;
    for (const Authorization of ['Bearer', 'Bearer ', `Bearer ${access_token} x`]) {
      refuses(await api.GET('/auth/me', { headers: { Authorization } }), 'invalid_access_token');
    }
  });

  check(200, 'the scheme in another case', async () => {
    const { tokens, user } = await ada();
    const headers = { Authorization: `bearer ${tokens.access_token}` };
    const result = await api.GET('/auth/me', { headers });
    holds(result, 'The signed-in user', succeeds(result, 200), user);
  });
});

/** A part of a JWT with other members. */
function changed(part: string, members: object): string {
  const value = { ...JSON.parse(Buffer.from(part, 'base64url').toString()), ...members };
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
