import { check } from '../checks.ts';
import { refuses, succeeds } from '../expect.ts';
import { as, signUp } from '../people.ts';
import { serviceWith } from '../service-with.ts';
import { api } from '../target.ts';

serviceWith('a service whose clock runs ahead', {}, (app) => {
  check(401, 'an access token that has expired; its refresh token works on', async () => {
    const { tokens } = await signUp();
    app().clock.advance(901);
    refuses(await api.GET('/todos', as(tokens)), 'access_token_expired');
    const body = { refresh_token: tokens.refresh_token };
    succeeds(await api.POST('/auth/refresh', { body }), 200);
  });
});
