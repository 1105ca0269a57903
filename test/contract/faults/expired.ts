import { before, check } from '../checks.ts';
import { operations } from '../document.ts';
import { holds, refuses, succeeds } from '../expect.ts';
import { as, refresh, signIn, signUp, type TokenPair } from '../people.ts';
import { raw } from '../requests.ts';
import { prepareRequests, serviceWith } from '../service-with.ts';
import { api } from '../target.ts';

serviceWith('a service whose clock runs ahead', {}, (service) => {
  let live: TokenPair;
  let ended: TokenPair;
  const ids = operations.filter(({ isPublic }) => !isPublic).map(({ operationId }) => operationId);
  const requestTo = prepareRequests(ids);

  before(async () => {
    const person = await signUp();
    live = person.tokens;
    ended = await signIn(person);
    succeeds(await api.POST('/auth/logout', as(ended)), 200);
    service().clock.advance(901);
  });

  for (const id of ids) {
    check(401, `${id} with an access token that has expired`, async () => {
      refuses(await raw(requestTo(id)), 'access_token_expired');
    });
  }

  check(401, 'an access token that has expired, of a session that has ended', async () => {
    const result = await api.GET('/todos', as(ended));
    holds(result, 'The first row that applies decides', result.error?.code, 'access_token_expired');
  });

  check(200, 'the refresh token of an access token that has expired', async () => {
    succeeds(await refresh(live), 200);
  });
});
