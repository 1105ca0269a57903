// The operator's settings have the defaults that the contract states.
import { check } from '../checks.ts';
import { holds, refuses, succeeds } from '../expect.ts';
import { refresh, signIn, signUp } from '../people.ts';
import { serviceWith } from '../service-with.ts';
import { api } from '../target.ts';
import { claimsOf } from '../token.ts';

const DAY_S = 24 * 60 * 60;

serviceWith('a service with the default settings', {}, (service) => {
  check(200, 'an access token lives for 15 minutes', async () => {
    const { username, password } = await signUp();
    const result = await api.POST('/auth/login', { body: { username, password } });
    const { iat = 0, exp = 0 } = claimsOf(succeeds(result, 200).access_token);
    holds(result, '| Lifetime of an access token | 15 minutes |', exp - iat, 15 * 60);
  });

  check(401, 'a session ends 30 days after its last refresh', async () => {
    const person = await signUp();
    const [used, idle] = [await signIn(person), await signIn(person)];
    service().clock.advance(29 * DAY_S);
    const next = succeeds(await refresh(used), 200);
    service().clock.advance(2 * DAY_S);
    const result = await refresh(next);
    holds(result, '30 days after its last refresh', result.response.status, 200);
    refuses(await refresh(idle), 'invalid_refresh_token');
  });

  check(401, 'a session ends 90 days after its login', async () => {
    let session = await signIn(await signUp());
    for (const days of [29, 29, 29]) {
      service().clock.advance(days * DAY_S);
      session = succeeds(await refresh(session), 200);
    }
    service().clock.advance(4 * DAY_S);
    const result = await refresh(session);
    holds(result, 'and 90 days after its login', result.response.status, 401);
  });

  check('200 and 401', 'the reuse leeway of a refresh token is 10 seconds', async () => {
    const person = await signUp();
    const [soon, late] = [await signIn(person), await signIn(person)];
    for (const session of [soon, late]) succeeds(await refresh(session), 200);
    service().clock.advance(8);
    const again = await refresh(soon);
    const sentence = '| Reuse leeway of a refresh token | 10 seconds |';
    holds(again, sentence, again.response.status, 200);
    service().clock.advance(4);
    const tooLate = await refresh(late);
    holds(tooLate, sentence, tooLate.response.status, 401);
  });

  check('200 and 401', 'the same Idempotency-Key reissues the successor for 24 hours', async () => {
    const person = await signUp();
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const [soon, late] = [await signIn(person), await signIn(person)];
    for (const session of [soon, late]) succeeds(await refresh(session, key), 200);
    const sentence = 'with the same `Idempotency-Key`, at most 24 hours ago';
    service().clock.advance(DAY_S - 60);
    const again = await refresh(soon, key);
    holds(again, sentence, again.response.status, 200);
    service().clock.advance(2 * 60);
    const tooLate = await refresh(late, key);
    holds(tooLate, sentence, tooLate.response.status, 401);
  });

  check('200', 'a page of the same machine may call the service', async () => {
    const Origin = 'http://localhost:4321';
    const result = await api.GET('/healthz', { headers: { Origin } });
    const allowed = result.response.headers.get('Access-Control-Allow-Origin');
    holds(result, '| Origins of CORS | pages of the same machine |', allowed, Origin);
  });
});
