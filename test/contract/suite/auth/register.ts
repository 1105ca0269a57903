import { check, operation } from '../../checks.ts';
import { fails, holds, isFaultOf, refuses, succeeds } from '../../expect.ts';
import { ada, newCredentials, signIn, signUp } from '../../people.ts';
import { api } from '../../target.ts';

const register = (body: { username: string; password: string }) =>
  api.POST('/auth/register', { body });

operation('register', () => {
  check(201, 'a user that can sign in', async () => {
    const { user, username } = await ada();
    const result = await register(newCredentials());
    const other = succeeds(result, 201);
    holds(result, 'A UUID', other.id === user.id, false);
    holds(result, 'Creates a user', user.username, username);
  });

  check(201, 'a name and a password at their limits', async () => {
    const { username } = newCredentials();
    const credentials = {
      username: `${username.replaceAll('-', '.')}_Z`.padEnd(64, '0'),
      password: '🔑'.repeat(128), // characters, not bytes and not UTF-16 units
    };
    await signUp(credentials);
    const body = { ...credentials, password: '🔑'.repeat(127) };
    refuses(await api.POST('/auth/login', { body }), 'invalid_credentials'); // no end is cut off
  });

  check(400, 'a password that is common, or has a character that is not allowed', async () => {
    const { username, password } = newCredentials();
    for (const bad of ['password', 'Password1', `${password}\0`]) {
      const result = await register({ username, password: bad });
      isFaultOf(result, { pointer: '/password' });
    }
    fails(await register({ username, password: `${password}\ud83d` }), 400, 'invalid_request');
  });

  check(409, 'a name that is taken, in any case', async () => {
    const { username, password } = await ada();
    for (const taken of [username, username.toUpperCase()]) {
      const result = await register({ username: taken, password: `${password}2` });
      fails(result, 409, 'username_taken');
    }
    await signIn({ username, password });
  });
});
