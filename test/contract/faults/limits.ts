import { check } from '../checks.ts';
import { fails, holds, succeeds } from '../expect.ts';
import { ada, as, newCredentials, signUp } from '../people.ts';
import { serviceWith } from '../service-with.ts';
import { api } from '../target.ts';

type Result = Parameters<typeof fails>[0];

/** More attempts than the services here allow. */
const MOST_ATTEMPTS = 10;

/** The answer to the first attempt that comes too soon. */
async function limited(attempt: () => Promise<Result>): Promise<Result> {
  let result = await attempt();
  for (let n = 1; n < MOST_ATTEMPTS && result.response.status !== 429; n += 1) {
    result = await attempt();
  }
  fails(result, 429, 'too_many_requests');
  return result;
}

serviceWith('a service that takes one wrong password', { LOGIN_FREE_FAILURES: '1' }, () => {
  check(429, 'login, the same for known and unknown names', async () => {
    const { username } = await signUp();
    const unused = newCredentials().username;
    const known = await limited(() => login(username));
    const unknown = await limited(() => login(unused));
    holds(unknown, 'the same for known and unknown names', unknown.error, known.error);
  });

  check(429, 'deleteCurrentUser', async () => {
    const { tokens } = await signUp();
    const body = { current_password: 'wrong' };
    await limited(() => api.DELETE('/auth/me', { ...as(tokens), body }));
  });

  check(429, 'changePassword', async () => {
    const { tokens } = await ada();
    const body = { current_password: 'wrong', new_password: newCredentials().password };
    await limited(() => api.PUT('/auth/password', { ...as(tokens), body }));
  });
});

function login(username: string) {
  return api.POST('/auth/login', { body: { username, password: 'wrong' } });
}

const ONE_EACH = { LOGIN_FREE_FAILURES_PER_ADDRESS: '1', REFRESH_FREE_FAILURES: '1' };

serviceWith('a service that takes one registration and one refused token', ONE_EACH, () => {
  check(429, 'register', async () => {
    await limited(() => api.POST('/auth/register', { body: newCredentials() }));
  });

  check(429, 'refresh', async () => {
    const body = { refresh_token: 'nonsense' };
    await limited(() => api.POST('/auth/refresh', { body }));
  });
});

serviceWith('a service that allows one todo', { MAX_TODOS: '1' }, () => {
  check(409, 'createTodo above the limit, with and without an Idempotency-Key', async () => {
    const { tokens } = await signUp();
    const create = (header = {}) =>
      api.POST('/todos', { ...as(tokens), params: { header }, body: { title: 'a' } });
    succeeds(await create(), 201);
    for (const header of [{}, { 'Idempotency-Key': crypto.randomUUID() }]) {
      fails(await create(header), 409, 'todo_limit_reached');
    }
  });
});
