import { expect } from 'vitest';
import type { Schema } from '../../src/http/operation.ts';
import { type Sent, send } from '../support/http.ts';
import { startSharedService } from '../support/service.ts';
import { signIn } from '../support/users.ts';

/** One service for all tests of a file, with the demo user signed in. */
export async function startSignedInService(...options: Parameters<typeof startSharedService>) {
  const service = await startSharedService(...options);
  const { access_token: token } = await signIn(service);
  return {
    service,
    token,
    sendTo: (request: Sent) => send(service, request),
    /** As the demo user. */
    sendSignedIn: (request: Sent) => send(service, { token, ...request }),
  };
}

export async function createTodo(
  service: { url: string },
  token: string,
  title = 'a todo',
): Promise<Schema<'Todo'>> {
  const request = { method: 'POST', path: '/todos', token, body: { title } };
  const response = await send(service, request);
  expect(response.status).toBe(201);
  return response.json();
}

/** The path of the reference's program, the largest file that the service sends. */
export async function pathOfProgram(url: string): Promise<string> {
  const html = await (await fetch(`${url}/docs`)).text();
  const path = /src="\.(\/assets\/web\/scalar\.[^"]+)"/.exec(html)?.[1];
  if (!path) throw new Error('the reference has no program');
  return path;
}
