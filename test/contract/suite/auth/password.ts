import { check, operation } from '../../checks.ts';
import { fails, holds, refuses, succeeds } from '../../expect.ts';
import { ada, as, type Credentials, isOver, signIn, signUp } from '../../people.ts';
import { api } from '../../target.ts';

const change = (session: { access_token: string }, current_password: string, password: string) =>
  api.PUT('/auth/password', { ...as(session), body: { current_password, new_password: password } });

const login = ({ username, password }: Credentials) =>
  api.POST('/auth/login', { body: { username, password } });

operation('changePassword', () => {
  check(204, 'only the new password works, and every other session ends', async () => {
    const { username, password, tokens } = await signUp();
    const other = await signIn({ username, password });
    const next = `${password} 🔑`;
    succeeds(await change(tokens, password, next), 204);
    succeeds(await api.GET('/auth/me', as(tokens)), 200);
    await isOver(other);
    refuses(await login({ username, password }), 'invalid_credentials');
    succeeds(await login({ username, password: next }), 200);
    succeeds(await change(tokens, next, password), 204); // so that the user can be deleted at the end
  });

  check(403, 'the current password is wrong: nothing changes', async () => {
    const { username, password } = await ada();
    const [session, other] = [await signIn(await ada()), await signIn(await ada())];
    fails(await change(session, `${password}2`, `${password}3`), 403, 'wrong_password');
    for (const one of [session, other]) succeeds(await api.GET('/auth/me', as(one)), 200);
    succeeds(await login({ username, password }), 200);
  });

  check(400, 'a new password that is common, and nothing changes', async () => {
    const { username, password, tokens } = await ada();
    const result = await change(tokens, password, 'password');
    const { errors = [] } = fails(result, 400, 'invalid_request');
    const pointers = errors.map(({ pointer }) => pointer);
    holds(result, 'most common passwords is refused', pointers, ['/new_password']);
    succeeds(await login({ username, password }), 200);
  });
});
