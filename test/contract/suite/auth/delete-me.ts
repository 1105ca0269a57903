import { check, operation } from '../../checks.ts';
import { fails, holds, refuses, succeeds } from '../../expect.ts';
import { ada, as, bob, isDeleted, isOver, signIn, signUp } from '../../people.ts';
import { api } from '../../target.ts';

const remove = (session: { access_token: string }, current_password: string) =>
  api.DELETE('/auth/me', { ...as(session), body: { current_password } });

operation('deleteCurrentUser', () => {
  check(204, 'the user is gone, with every session and todo; the name is free again', async () => {
    const { username, password, tokens, user } = await signUp();
    const other = await signIn({ username, password });
    succeeds(await api.POST('/todos', { ...as(tokens), body: { title: 'to go' } }), 201);
    succeeds(await remove(tokens, password), 204);
    isDeleted(username);
    for (const session of [tokens, other]) await isOver(session);
    refuses(await api.POST('/auth/login', { body: { username, password } }), 'invalid_credentials');
    const again = await signUp({ username, password });
    holds(again.result, 'the name is free again', again.user.id === user.id, false);
    const todos = await api.GET('/todos', as(again.tokens));
    holds(todos, 'Deletes the user with all sessions, todos', succeeds(todos, 200), []);
  });

  check(204, 'no other user is touched', async () => {
    const { username, password, tokens } = await signUp();
    const other = (await bob()).tokens;
    succeeds(await remove(tokens, password), 204);
    isDeleted(username);
    succeeds(await api.GET('/auth/me', as(other)), 200);
  });

  check(403, 'the current password is wrong: nothing changes', async () => {
    const { tokens, password } = await ada();
    fails(await remove(tokens, `${password}2`), 403, 'wrong_password');
    succeeds(await api.GET('/auth/me', as(tokens)), 200);
  });
});
