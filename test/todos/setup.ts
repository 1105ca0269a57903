import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { KyselyPlugin, PluginTransformQueryArgs, PluginTransformResultArgs } from 'kysely';
import type { Db } from '../../src/database/connect.ts';
import { type TodoDependencies, todoHandlers } from '../../src/todos/handlers.ts';
import type { TestService } from '../support/service.ts';
import { signedInClient } from '../support/users.ts';

/** A client of the demo user, without todos. */
export async function emptyDemoUser(app: TestService) {
  const client = await signedInClient(app);
  await client.DELETE('/todos');
  const { id } = await app.db.selectFrom('users').select('id').executeTakeFirstOrThrow();
  return { client, userId: id };
}

/** The largest member values that the contract allows, in bytes. */
export const LARGEST = { title: '𝒳'.repeat(200), description: '𝒳'.repeat(2000) };

/** Inserts open todos, one a millisecond, as no request could in the time of a test. */
export async function fill(
  db: Db,
  userId: string,
  rows: number,
  content = { title: 'a', description: '' },
) {
  const { title, description } = content;
  const search_text = `${title}\u001f${description}`.toLowerCase();
  const todo = { user_id: userId, title, description, done: 0, search_text, version: 1 };
  for (let n = 0; n < rows; n += 100) {
    const batch = Array.from({ length: Math.min(100, rows - n) }, (_, at) => n + at);
    const values = batch.map((at) => ({
      id: crypto.randomUUID(),
      ...todo,
      created_at: at,
      updated_at: at,
    }));
    await db.insertInto('todos').values(values).execute();
  }
}

/** Inserts idempotency keys, as a client that never repeats one makes them. */
export async function fillKeys(db: Db, userId: string, rows: number) {
  for (let n = 0; n < rows; n += 500) {
    const values = Array.from({ length: 500 }, (_, at) => ({
      user_id: userId,
      key_hash: `key ${n + at}`,
      request_hash: '',
      response: 'x'.repeat(500),
      created_at: n + at,
    }));
    await db.insertInto('idempotency_keys').values(values).execute();
  }
}

/** Inserts spent refresh tokens of a session. */
export async function fillSpentTokens(db: Db, sessionId: string, rows: number) {
  for (let n = 0; n < rows; n += 500) {
    const values = Array.from({ length: 500 }, (_, at) => ({
      token_hash: `token ${n + at}`.padEnd(64),
      session_id: sessionId,
    }));
    await db.insertInto('spent_refresh_tokens').values(values).execute();
  }
}

/** Counts statements, and lets others run before the result of one is there, as PostgreSQL does. */
export class StatementCounter implements KyselyPlugin {
  count = 0;
  /** The statement whose result is lost. */
  failAt: number | undefined;

  transformQuery({ node }: PluginTransformQueryArgs) {
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs) {
    this.count += 1;
    await yieldToEventLoop();
    if (this.count === this.failAt) throw new Error(`statement ${this.count} failed`);
    return result;
  }
}

/** The handlers by themselves, whose requests all start at once. */
export function handlersOf(app: TestService, statements: StatementCounter) {
  const dependencies: TodoDependencies = {
    db: app.db.withPlugin(statements),
    now: app.clock.now,
    cursorSecret: '',
    maxTodos: 10_000,
  };
  return todoHandlers(dependencies);
}

/** What a handler gets of a user's request besides path, query and body. */
export function requestOf(userId: string) {
  return {
    headers: {},
    principal: { userId, username: '', sessionId: '' },
    context: {
      requestId: '',
      address: '',
      userAgent: '',
      acquireSlot: async () => 'started' as const,
    },
  };
}
