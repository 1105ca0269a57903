import { check, operation } from '../../checks.ts';
import { fails, holds, isFaultOf, refuses, succeeds } from '../../expect.ts';
import { ada, as, bob, currentSession, refresh, signIn } from '../../people.ts';
import { api } from '../../target.ts';
import { claimsOf } from '../../token.ts';

const refreshByHeader = (token: string) =>
  api.POST('/auth/refresh', { params: { header: { 'Refresh-Token': token } } });

const newKey = () => ({ 'Idempotency-Key': crypto.randomUUID() });

const REISSUE = '200, the same successor again and a fresh access token';

operation('refresh', () => {
  check(200, 'the refresh token in the body: a new pair of the same session', async () => {
    const { user, username, ...person } = await ada();
    const old = await signIn({ username, ...person });
    const result = await refresh(old);
    const fresh = succeeds(result, 200);
    holds(result, 'a new pair', fresh.refresh_token === old.refresh_token, false);
    holds(result, 'its `sub` is the username', claimsOf(fresh.access_token).sub, username);
    const me = await api.GET('/auth/me', as(fresh));
    holds(me, 'The signed-in user', succeeds(me, 200), user);
    succeeds(await refresh(fresh), 200);
  });

  check(200, 'the refresh token in the header, without a body or with the same token', async () => {
    const session = await signIn(await ada());
    const fresh = succeeds(await refreshByHeader(session.refresh_token), 200);
    succeeds(await refresh(fresh, { 'Refresh-Token': fresh.refresh_token }), 200);
  });

  check(200, 'the session stays the same, and its last use is now', async () => {
    const old = await signIn(await ada());
    const { created_at, last_used_at, id } = await currentSession(old);
    const fresh = succeeds(await refresh(old), 200);
    const { result, ...after } = await currentSession(fresh);
    holds(result, 'Whether this is the session', [after.id, after.created_at], [id, created_at]);
    const later = Date.parse(after.last_used_at) >= Date.parse(last_used_at);
    holds(result, 'When the session signed in or was refreshed last', later, true);
  });

  check(200, 'the access token from before the refresh still works', async () => {
    const old = await signIn(await ada());
    succeeds(await refresh(old), 200);
    succeeds(await api.GET('/auth/me', as(old)), 200);
  });

  check(200, 'the same refresh token again for the same Idempotency-Key', async () => {
    const old = await signIn(await ada());
    const key = newKey();
    const first = succeeds(await refresh(old, key), 200);
    const again = await refresh(old, key);
    holds(again, REISSUE, succeeds(again, 200).refresh_token, first.refresh_token);
    succeeds(await api.GET('/auth/me', as(succeeds(again, 200))), 200);
    succeeds(await refresh(first), 200);
  });

  check(
    200,
    'four times at once: one successor; without a leeway the session may end',
    async () => {
      const session = await signIn(await ada());
      const answers = await Promise.all([1, 2, 3, 4].map(() => refresh(session)));
      const good = answers.filter(({ response }) => response.ok);
      for (const answer of answers) {
        if (!good.includes(answer)) refuses(answer, 'invalid_refresh_token');
      }
      const [first = answers[0], ...others] = good;
      if (first === undefined) return; // four were sent
      for (const answer of [first, ...others]) {
        holds(answer, REISSUE, answer.data?.refresh_token, first.data?.refresh_token);
      }
    },
  );

  check(
    200,
    'a second time just after the first: the same refresh token, or the session ends',
    async () => {
      const old = await signIn(await ada());
      const fresh = succeeds(await refresh(old), 200);
      const again = await refresh(old);
      if (again.response.ok) {
        holds(again, REISSUE, again.data?.refresh_token, fresh.refresh_token);
        succeeds(await api.GET('/auth/me', as(succeeds(again, 200))), 200);
        succeeds(await refresh(fresh), 200);
      } else {
        refuses(again, 'invalid_refresh_token');
        refuses(await api.GET('/auth/me', as(fresh)), 'session_ended');
      }
    },
  );

  check(
    '200 or 401',
    'a second time with another Idempotency-Key: as without any key',
    async () => {
      const [plain, keyed] = [await signIn(await ada()), await signIn(await ada())];
      succeeds(await refresh(plain), 200);
      succeeds(await refresh(keyed, newKey()), 200);
      const { status } = (await refresh(plain)).response;
      const other = await refresh(keyed, newKey());
      holds(other, 'with the same `Idempotency-Key`', other.response.status, status);
    },
  );

  check(401, 'a spent token whose successor was used: its session ends, and no other', async () => {
    const [other, old] = [await signIn(await ada()), await signIn(await ada())];
    const fresh = succeeds(await refresh(old), 200);
    const fresher = succeeds(await refresh(fresh), 200);
    refuses(await refresh(old), 'invalid_refresh_token');
    refuses(await refresh(fresher), 'invalid_refresh_token');
    refuses(await api.GET('/auth/me', as(fresher)), 'session_ended');
    succeeds(await api.GET('/auth/me', as(other)), 200);
  });

  check(401, 'a spent token under its Idempotency-Key whose successor was used', async () => {
    const old = await signIn(await ada());
    const key = newKey();
    const fresh = succeeds(await refresh(old, key), 200);
    succeeds(await refresh(fresh), 200);
    refuses(await refresh(old, key), 'invalid_refresh_token');
    refuses(await api.GET('/auth/me', as(fresh)), 'session_ended');
  });

  check(401, 'two different tokens, neither of which is spent', async () => {
    const [one, other] = [await signIn(await ada()), await signIn(await bob())];
    const both = await refresh(other, { 'Refresh-Token': one.refresh_token });
    refuses(both, 'invalid_refresh_token');
    for (const session of [one, other]) succeeds(await refresh(session), 200);
  });

  check(
    401,
    'a text that is not a token gets the answer of a token that does not work any more',
    async () => {
      const { access_token } = await signIn(await ada());
      for (const refresh_token of ['0'.repeat(64), 'nonsense', access_token.slice(0, 512)]) {
        refuses(await refresh({ refresh_token }), 'invalid_refresh_token');
      }
    },
  );

  check('401 and 400', 'a text of 512 characters, and one of 513', async () => {
    const [long, tooLong] = ['a'.repeat(512), 'a'.repeat(513)];
    for (const result of [await refresh({ refresh_token: long }), await refreshByHeader(long)]) {
      refuses(result, 'invalid_refresh_token');
    }
    isFaultOf(await refresh({ refresh_token: tooLong }), { pointer: '/refresh_token' });
    isFaultOf(await refreshByHeader(tooLong), { header: 'refresh-token' });
  });

  check(400, 'no refresh token', async () => {
    for (const result of [await api.POST('/auth/refresh'), await refreshByHeader('')]) {
      fails(result, 400, 'invalid_request');
    }
  });

  check(400, 'a malformed Idempotency-Key, and nothing is spent', async () => {
    const session = await signIn(await ada());
    const result = await refresh(session, { 'Idempotency-Key': 'a b' });
    isFaultOf(result, { header: 'idempotency-key' });
    succeeds(await refresh(session), 200);
  });
});
