import { check, operation } from '../../checks.ts';
import { holds, refuses, succeeds } from '../../expect.ts';
import { ada, as, currentSession, newCredentials, refresh, signIn, signUp } from '../../people.ts';
import { api } from '../../target.ts';
import { claimsOf } from '../../token.ts';

const login = (body: { username: string; password: string; new_password?: string }) =>
  api.POST('/auth/login', { body });

const MOST_SESSIONS = 100;

operation('login', () => {
  check(200, 'a new session, with an access token that names its user', async () => {
    const { username, password, user, tokens } = await ada();
    const result = await login({ username, password });
    const pair = succeeds(result, 200);
    holds(result, 'Starts a session', pair.refresh_token === tokens.refresh_token, false);
    holds(result, 'its `sub` is the username', claimsOf(pair.access_token).sub, username);
    const me = await api.GET('/auth/me', as(pair));
    holds(me, 'The signed-in user', succeeds(me, 200), user);
  });

  check(200, 'an access token with the claims that the contract lists', async () => {
    const { username, password } = await ada();
    const result = await login({ username, password });
    const { access_token } = succeeds(result, 200);
    const claims = claimsOf(access_token);
    const { sid, jti, iat, exp } = claims;
    const names = ['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub'];
    holds(result, '| claim | meaning |', Object.keys(claims).sort(), names);
    holds(result, '(its `exp` says when)', Number(exp) > Number(iat), true);
    const again = claimsOf((await signIn({ username, password })).access_token);
    holds(result, 'A value that no other token has', again.jti === jti, false);
    holds(result, 'The `id` of the session', sid, (await currentSession({ access_token })).id);
  });

  check(200, 'the name in another case', async () => {
    const { username, password } = await ada();
    const result = await login({ username: username.toUpperCase(), password });
    const { sub } = claimsOf(succeeds(result, 200).access_token);
    holds(result, 'Names are unique without regard to case', sub, username);
  });

  check(
    200,
    'with a new password: it works from now on, and every other session ends',
    async () => {
      const { username, password, tokens } = await signUp();
      const new_password = `${password} 🔑`;
      const pair = succeeds(await login({ username, password, new_password }), 200);
      succeeds(await api.GET('/auth/me', as(pair)), 200);
      refuses(await api.GET('/auth/me', as(tokens)), 'session_ended');
      refuses(await login({ username, password }), 'invalid_credentials');
      succeeds(await login({ username, password: new_password, new_password: password }), 200);
    },
  );

  check(401, 'a wrong password with a new one: nothing changes', async () => {
    const { username, password } = await ada();
    const wrong = { username, password: `${password}2`, new_password: `${password}3` };
    refuses(await login(wrong), 'invalid_credentials');
    succeeds(await login({ username, password }), 200);
  });

  check(401, 'a wrong password and an unknown name, with one answer', async () => {
    const { username, password } = await ada();
    const wrong = await login({ username, password: `${password}2` });
    const unknown = await login({ ...newCredentials() });
    refuses(wrong, 'invalid_credentials');
    refuses(unknown, 'invalid_credentials');
    const sentence = 'A wrong password and an unknown name get the same answer';
    holds(unknown, sentence, unknown.error, wrong.error);
  });

  check(401, 'a password in another case', async () => {
    const { username, password } = await ada();
    refuses(await login({ username, password: password.toUpperCase() }), 'invalid_credentials');
  });

  check(200, 'one session more than 100 ends the one that was used the longest ago', async () => {
    const { tokens, ...person } = await signUp();
    const idle = await signIn(person);
    for (let count = 2; count < MOST_SESSIONS; count += 2) {
      await Promise.all([signIn(person), signIn(person)]);
    }
    const used = succeeds(await refresh(tokens), 200);
    succeeds(await api.GET('/auth/me', as(idle)), 200);
    const last = await signIn(person);
    const result = await api.GET('/auth/sessions', as(last));
    holds(result, 'A user has 100 sessions at most', succeeds(result, 200).length, MOST_SESSIONS);
    refuses(await api.GET('/auth/me', as(idle)), 'session_ended');
    const me = await api.GET('/auth/me', as(used));
    const sentence = 'One more ends the session that was used the longest ago';
    holds(me, sentence, me.response.status, 200);
  });
});
