// In which order a request is checked: of several faults, the first decides the answer.
import { check, describe } from '../../checks.ts';
import { operations } from '../../document.ts';
import { fails, holds, refuses } from '../../expect.ts';
import { goodRequest, raw, type Sent } from '../../requests.ts';

/** A request whose query, `Accept` and, if it has a body, media type are wrong. */
function allWrong(request: Sent): Sent {
  const { body, headers } = request;
  const type = body === undefined ? {} : { 'Content-Type': 'text/plain' };
  return {
    ...request,
    path: `${request.path}?bogus=1`,
    headers: { ...headers, ...type, Accept: 'text/html' },
  };
}

function withoutToken(request: Sent): Sent {
  const { Authorization: _, ...headers } = request.headers;
  return { ...request, headers };
}

for (const { operationId, isPublic, requestBody, path, method } of operations) {
  describe(operationId, () => {
    if (!isPublic) {
      check(401, 'the access token comes before whatever else is wrong', async () => {
        const request = withoutToken(allWrong(await goodRequest(operationId)));
        refuses(await raw(request), 'authentication_required');
      });
    }

    if (requestBody) {
      check(415, 'the media type comes before the query and Accept', async () => {
        const request = allWrong(await goodRequest(operationId));
        fails(await raw(request), 415, 'unsupported_media_type');
      });

      check(401, 'the access token comes before the JSON of the body', async (context) => {
        if (isPublic) return context.skip('it needs no token');
        const request = withoutToken(await goodRequest(operationId));
        refuses(await raw({ ...request, body: '{' }), 'authentication_required');
      });
    }

    check(400, 'the query comes before Accept', async () => {
      const { headers, ...request } = allWrong(await goodRequest(operationId));
      const { 'Content-Type': type, ...rest } = headers;
      const declared = type === undefined ? {} : { 'Content-Type': 'application/json' };
      const result = await raw({ ...request, headers: { ...rest, ...declared } });
      fails(result, 400, 'invalid_request');
    });

    check('OPTIONS', 'which methods its path has', async () => {
      const { template, path: asked } = await goodRequest(operationId);
      const result = await raw({ method: 'OPTIONS', template, path: asked, headers: {} });
      const allowed = result.response.headers.get('Allow')?.split(/\s*,\s*/) ?? [];
      const known = operations.filter((one) => one.path === path).map((one) => one.method);
      const missing = [method, ...known].filter((one) => !allowed.includes(one));
      const sentence = '`OPTIONS` is answered with 204 and `Allow`';
      holds(result, sentence, [result.response.status, missing], [204, []]);
    });
  });
}

describe('what the contract does not have', () => {
  check(404, 'the path comes before the method and the token', async () => {
    const request = { method: 'POST', template: '/nowhere', path: '/nowhere', headers: {} };
    fails(await raw(request), 404, 'not_found');
  });

  check(405, 'the method comes before the token', async () => {
    const request = { method: 'PUT', template: '/todos', path: '/todos?bogus=1', headers: {} };
    fails(await raw(request), 405, 'method_not_allowed');
  });
});
