import { expect, test } from 'vitest';
import { BEHIND_PROXY, send } from '../support/http.ts';
import { JWT_SECRET, startService } from '../support/service.ts';
import { PASSWORD, signUp } from '../support/users.ts';

test('on HOST=:: an IPv4 client has an IPv4 address', async () => {
  await using service = await startService({ HOST: '::', JWT_SECRET });
  const url = `http://127.0.0.1:${new URL(service.url).port}`;
  const { access_token: token } = await signUp({ url }, 'ada');
  const [session] = await (await send(service, { path: '/auth/sessions', token })).json();
  expect(session.address).toBe('127.0.0.1');
});

test('a long address or User-Agent is cut to the length that the contract allows', async () => {
  await using behind = await startService(BEHIND_PROXY);
  await signUp(behind, 'ada');
  const login = await send(behind, {
    method: 'POST',
    path: '/auth/login',
    headers: { 'X-Forwarded-For': 'x'.repeat(1000), 'User-Agent': 'y'.repeat(1000) },
    body: { username: 'ada', password: PASSWORD },
  });
  const { access_token: token } = await login.json();
  const [session] = await (await send(behind, { path: '/auth/sessions', token })).json();
  expect(session).toMatchObject({ address: 'x'.repeat(64), user_agent: 'y'.repeat(256) });
});
