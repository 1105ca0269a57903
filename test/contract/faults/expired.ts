import { before, check } from '../checks.ts';
import { operations } from '../document.ts';
import { holds, refuses, succeeds } from '../expect.ts';
import { as, signIn, signUp, type TokenPair } from '../people.ts';
import { goodRequest, raw, type Sent } from '../requests.ts';
import { serviceWith } from '../service-with.ts';
import { api } from '../target.ts';

serviceWith('a service whose clock runs ahead', {}, (service) => {
  const requests = new Map<string, Sent>();
  let live: TokenPair;
  let ended: TokenPair;
  const protectedOnes = operations.filter(({ isPublic }) => !isPublic);

  before(async () => {
    const person = await signUp();
    live = person.tokens;
    ended = await signIn(person);
    succeeds(await api.POST('/auth/logout', as(ended)), 200);
    for (const { operationId } of protectedOnes) {
      requests.set(operationId, await goodRequest(operationId));
    }
    service().clock.advance(901);
  });

  for (const { operationId } of protectedOnes) {
    check(401, `${operationId} with an access token that has expired`, async () => {
      const request = requests.get(operationId);
      if (!request) throw new Error('no request was made for it');
      refuses(await raw(request), 'access_token_expired');
    });
  }

  check(401, 'an access token that has expired, of a session that has ended', async () => {
    const result = await api.GET('/todos', as(ended));
    holds(result, 'The first row that applies decides', result.error?.code, 'access_token_expired');
  });

  check(200, 'the refresh token of an access token that has expired', async () => {
    const body = { refresh_token: live.refresh_token };
    succeeds(await api.POST('/auth/refresh', { body }), 200);
  });
});
