import { hashPassword, verifyPassword } from './auth/password.ts';
import { createUser, findUserByName } from './auth/user-repository.ts';
import type { Db } from './database/connect.ts';
import { createTodo } from './todos/repository.ts';

export const DEMO_CREDENTIALS = { username: 'testuser', password: 'testpass123' };

/** The examples of the contract have this id, so that requests from the reference find the todo. */
const CONTRACT_EXAMPLE_ID = '019ab1d0-5c00-7a5e-8c1d-3f6b9e2d4a01';

const DEMO_TODOS = [
  { title: 'Try the API', description: 'The interactive reference is at /docs', done: true },
  { title: 'Generate a client', description: 'From /openapi.yaml, in any language', done: false },
  {
    title: 'Buy milk',
    description: 'The one with the blue cap',
    done: false,
    id: CONTRACT_EXAMPLE_ID,
  },
];

/** Creates a user with todos, for trying the service out. */
export async function createDemoUser(db: Db, now: number): Promise<void> {
  const { username, password } = DEMO_CREDENTIALS;
  const passwordHash = await hashPassword(password);
  const user = await createUser(db, { username, passwordHash, now });
  if (!user) return;
  const owner = { userId: user.id, maxTodos: Number.MAX_SAFE_INTEGER };
  for (const [index, todo] of DEMO_TODOS.entries()) {
    await createTodo(db, owner, todo, now + index, todo.id);
  }
}

/**
 * Makes a function that returns the credentials of the demo user while they are valid. It verifies the
 * password only when the stored hash has changed.
 */
export function createDemoLookup(db: Db): () => Promise<typeof DEMO_CREDENTIALS | undefined> {
  let verified: { hash: string; isRight: boolean } | undefined;
  return async () => {
    const hash = (await findUserByName(db, DEMO_CREDENTIALS.username))?.passwordHash;
    if (hash === undefined) return undefined;
    if (verified?.hash !== hash) {
      verified = { hash, isRight: await verifyPassword(DEMO_CREDENTIALS.password, hash) };
    }
    return verified.isRight ? DEMO_CREDENTIALS : undefined;
  };
}
