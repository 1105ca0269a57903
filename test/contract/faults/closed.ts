import { check } from '../checks.ts';
import { fails } from '../expect.ts';
import { newCredentials } from '../people.ts';
import { serviceWith } from '../service-with.ts';
import { api } from '../target.ts';

serviceWith('a service with closed registration', { REGISTRATION: 'false' }, () => {
  check(403, 'register', async () => {
    const body = newCredentials();
    fails(await api.POST('/auth/register', { body }), 403, 'registration_closed');
  });
});
