// Requests that no typed client would send, and for each operation a good one to be spoiled.
import { send } from './client.ts';
import { type OperationId, operationOf } from './document.ts';
import { succeeds } from './expect.ts';
import { ada, as, newCredentials, once, signIn } from './people.ts';
import { api, target } from './target.ts';

export interface Sent {
  method: string;
  /** The contract's path. */
  template: string;
  /** The same with its parameters in place, and perhaps a query. */
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
}

/** The answer to any request at all, in openapi-fetch's form. */
export async function raw({ method, template, path, headers, body }: Sent) {
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  const response = await send(new Request(target.baseUrl + path, init), template);
  const text = await response.text();
  const value: unknown = text === '' ? undefined : JSON.parse(text);
  return response.ok ? { data: value, response } : { error: value, response };
}

/** A request of ada's that is as it should be. What becomes of it does not disturb other checks. */
export async function goodRequest(id: OperationId): Promise<Sent> {
  const { path: template, method, isPublic, requestBody } = operationOf(id);
  const body = requestBody && JSON.stringify(await goodBody(id));
  return {
    method,
    template,
    path: template
      .replace('{todo_id}', template.includes('{todo_id}') ? await spareTodo() : '')
      .replace('{session_id}', template.includes('{session_id}') ? await spareSession() : ''),
    headers: {
      ...(isPublic ? {} : as((await ada()).tokens).headers),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body,
  };
}

/** A body that the operation takes. */
export async function goodBody(id: OperationId): Promise<object> {
  return (await BODIES[id]?.()) ?? {};
}

const BODIES: Partial<Record<OperationId, () => Promise<object>>> = {
  register: async () => newCredentials(),
  login: async () => credentialsOf(await ada()),
  refresh: async () => ({ refresh_token: (await spareTokens()).refresh_token }),
  logout: async () => ({ refresh_token: (await spareTokens()).refresh_token }),
  changePassword: async () => {
    const { password } = await ada();
    return { current_password: password, new_password: password };
  },
  deleteCurrentUser: async () => ({ current_password: `not ${(await ada()).password}` }),
  createTodo: async () => ({ title: 'spare' }),
  replaceTodo: async () => ({ title: 'spare' }),
  updateTodo: async () => ({ title: 'spare' }),
};

function credentialsOf({ username, password }: { username: string; password: string }) {
  return { username, password };
}

const spareTokens = once(async () => signIn(await ada()));

const spareSession = once(async () => {
  const sessions = succeeds(await api.GET('/auth/sessions', as(await spareTokens())), 200);
  return sessions.find(({ current }) => current)?.id ?? '';
});

async function spareTodo(): Promise<string> {
  const request = { ...as((await ada()).tokens), body: { title: 'spare' } };
  return succeeds(await api.POST('/todos', request), 201).id;
}
