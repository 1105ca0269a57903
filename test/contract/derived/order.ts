// The order in which a service checks a request: of several faults, the first decides the answer.
import { lineSaying, type Operation } from '../document.ts';
import { refuses } from '../expect.ts';
import { isOwnContract } from '../own.ts';
import { goodRequest, raw, type Sent } from '../requests.ts';
import { hasOneOf } from './answer.ts';
import { derive } from './derive.ts';
import { withoutToken } from './protocol.ts';

/** A request whose query, `Accept` and, if it has a body, media type are wrong. */
async function allWrong(id: string): Promise<Sent> {
  const request = await goodRequest(id, false);
  const type = request.body === undefined ? {} : { 'Content-Type': 'text/plain' };
  return {
    ...request,
    path: `${request.path}?bogus=1`,
    headers: { ...request.headers, ...type, Accept: 'text/html' },
  };
}

export function describeOrder({ operationId, isPublic, requestBody }: Operation): void {
  if (!isOwnContract) return; // OpenAPI says nothing about it
  if (!isPublic) {
    derive(401, 'the access token is checked before everything else', async () => {
      refuses(await raw(withoutToken(await allWrong(operationId))), 'authentication_required');
    });
  }
  if (!isPublic && requestBody) {
    derive(401, 'the access token is checked before the JSON of the body', async () => {
      const request = withoutToken(await goodRequest(operationId, false));
      refuses(await raw({ ...request, body: '{' }), 'authentication_required');
    });
  }
  if (requestBody) {
    derive(415, 'the media type is checked before the query and Accept', async () => {
      const result = await raw(await allWrong(operationId));
      const line = lineSaying('| 4. The operation takes the media type of the body. |');
      hasOneOf(result, [415], {
        what: 'for a media type, a query and an Accept that are wrong',
        line,
      });
    });
  }
  derive(400, 'the query is checked before Accept', async () => {
    const { headers, ...request } = await allWrong(operationId);
    const { 'Content-Type': type, ...rest } = headers;
    const json = type === undefined ? {} : { 'Content-Type': 'application/json' };
    const result = await raw({ ...request, headers: { ...rest, ...json } });
    const line = lineSaying('| 5. Parameters, headers and body are as declared. |');
    hasOneOf(result, [400], { what: 'for a query and an Accept that are wrong', line });
  });
}
