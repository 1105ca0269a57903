import { check, describe, operation } from '../../checks.ts';
import { exposes } from '../../derived/cors.ts';
import { fails, holds, succeeds } from '../../expect.ts';
import { ada } from '../../people.ts';
import { raw } from '../../requests.ts';
import { api, target } from '../../target.ts';
import { algorithmOf, isSignedByOneOf } from '../../token.ts';

const health = (id: string) => api.GET('/healthz', { headers: { 'X-Request-Id': id } });
const requestId = ({ response }: { response: Response }) => response.headers.get('X-Request-Id');

operation('getHealth', () => {
  check(200, 'with any Authorization', async () => {
    succeeds(await api.GET('/healthz', { headers: { Authorization: 'Bearer nonsense' } }), 200);
  });

  check(200, "X-Request-Id is the client's own, if that is a UUID", async () => {
    const id = crypto.randomUUID();
    const result = await health(id);
    holds(result, "the client's own `X-Request-Id`", requestId(result), id);
    const bad = await health('not a good one');
    holds(bad, 'if that is a UUID', requestId(bad) === 'not a good one', false);
  });

  check(200, 'X-Request-Id names one request only', async () => {
    const [one, other] = [await api.GET('/healthz'), await api.GET('/healthz')];
    holds(other, 'Names this request', requestId(one) === requestId(other), false);
  });

  check(
    200,
    'a page of a configured origin may read it, with the headers that its browser would hide',
    async (context) => {
      const { origin } = target;
      if (origin === undefined) return context.skip('no origin was given');
      const headers = { Origin: origin };
      exposes(await api.GET('/healthz', { headers }), origin);
      exposes(await api.GET('/todos', { headers }), origin);
    },
  );
});

operation('getJwks', () => {
  check(200, 'the public key that verifies an access token, if it has one', async () => {
    const result = await api.GET('/.well-known/jwks.json');
    const set = succeeds(result, 200);
    const { access_token } = (await ada()).tokens;
    if (algorithmOf(access_token)?.startsWith('HS')) {
      holds(result, 'empty when tokens are signed with a shared secret', set.keys, []);
      return;
    }
    const isVerified = isSignedByOneOf(set.keys, access_token);
    holds(result, 'Get the public keys', isVerified, true);
  });
});

describe('what the contract does not have', () => {
  check(404, 'an unknown path', async () => {
    for (const path of ['/nowhere', '/todos/', '/TODOS', '/']) {
      fails(await raw({ method: 'GET', template: path, path, headers: {} }), 404, 'not_found');
    }
  });

  check(404, 'the path is checked before the method and the token', async () => {
    const request = { method: 'POST', template: '/nowhere', path: '/nowhere', headers: {} };
    fails(await raw(request), 404, 'not_found');
  });
});
