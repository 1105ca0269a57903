// The two flows that clients rely on, message by message and member by member.
import { expect, test } from 'vitest';
import { startService } from './support/service.ts';
import { DEMO } from './support/users.ts';

async function post(url: string, headers: Record<string, string>, body?: unknown) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

test('the session flow with the refresh token in the body', async () => {
  await using service = await startService();

  const login = await post(`${service.url}/auth/login`, {}, DEMO);
  expect(login.status).toBe(200);
  expect(Object.keys(login.body)).toEqual(['access_token', 'refresh_token']);
  expect(login.body.refresh_token).toMatch(/^[0-9a-f]{64}$/);
  expect(login.headers.get('Cache-Control')).toBe('no-store');

  const refreshToken = login.body.refresh_token;
  const refreshed = await post(`${service.url}/auth/refresh`, {}, { refresh_token: refreshToken });
  expect(refreshed.status).toBe(200);
  expect(Object.keys(refreshed.body)).toEqual(['access_token', 'refresh_token']);
  expect(refreshed.body.refresh_token).not.toBe(refreshToken);
  expect(refreshed.body.access_token).not.toBe(login.body.access_token);

  const authorization = { Authorization: `Bearer ${refreshed.body.access_token}` };
  const todos = await fetch(`${service.url}/todos`, { headers: authorization });
  expect(todos.status).toBe(200);
  expect(await todos.json()).toMatchObject([{ done: true }, { done: false }, { done: false }]);

  const token = { refresh_token: refreshed.body.refresh_token };
  const logout = await post(`${service.url}/auth/logout`, authorization, token);
  expect(logout.status).toBe(200);
  expect(logout.body).toEqual({ message: 'You have been logged out.' });

  const after = await fetch(`${service.url}/todos`, { headers: authorization });
  expect(after.status).toBe(401);
  expect(await after.json()).toMatchObject({
    detail: 'You have been logged out. Please log in again.',
    error: 'You have been logged out. Please log in again.',
  });

  const again = await post(`${service.url}/auth/refresh`, {}, token);
  expect(again.status).toBe(401);
  expect(again.body).toMatchObject({ error: 'Invalid refresh token' });
});

test('the session flow with `null` for empty bodies, as many generated clients send it', async () => {
  await using service = await startService();
  const login = await post(`${service.url}/auth/login`, {}, DEMO);
  const nothing = async (path: string, headers: Record<string, string>) => {
    const json = { 'Content-Type': 'application/json', ...headers };
    return fetch(service.url + path, { method: 'POST', headers: json, body: 'null' });
  };
  const refreshed = await nothing('/auth/refresh', { 'Refresh-Token': login.body.refresh_token });
  expect(refreshed.status).toBe(200);
  const { access_token: accessToken } = await refreshed.json();
  const ended = await nothing('/auth/logout', { Authorization: `Bearer ${accessToken}` });
  expect(ended.status).toBe(200);
  expect((await nothing('/auth/refresh', {})).status).toBe(400);
});

test('an access token has the claims of the contract, for 900 seconds', async () => {
  await using service = await startService();
  const login = await post(`${service.url}/auth/login`, {}, DEMO);
  const [header, claims] = login.body.access_token
    .split('.')
    .slice(0, 2)
    .map((part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  expect(header).toMatchObject({ alg: 'HS256', typ: 'JWT' });
  expect(claims.sub).toBe('testuser');
  expect(claims.exp).toBe(claims.iat + 900);
});
