import { check } from '../checks.ts';
import { fails, succeeds } from '../expect.ts';
import { as, newCredentials, signUp } from '../people.ts';
import { serviceWith } from '../service-with.ts';
import { api } from '../target.ts';

serviceWith('a service whose operator has set a password', {}, (service) => {
  check(403, 'login: the password has to be changed, which the login can do', async () => {
    const { username, password } = await signUp();
    await service().db.updateTable('users').set({ password_is_temporary: 1 }).execute();
    const login = (new_password?: string) =>
      api.POST('/auth/login', {
        body: { username, password, ...(new_password !== undefined && { new_password }) },
      });
    fails(await login(), 403, 'password_change_required');
    fails(await login(password), 403, 'password_change_required');
    const changed = succeeds(await login(newCredentials().password), 200);
    succeeds(await api.GET('/auth/me', as(changed)), 200);
  });
});
