import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { KyselyPlugin, PluginTransformQueryArgs, PluginTransformResultArgs } from 'kysely';
import type { Db } from '../../src/database/connect.ts';
import { type TodoDependencies, todoHandlers } from '../../src/todos/handlers.ts';
import { insertRows } from '../support/database.ts';
import type { TestService } from '../support/service.ts';
import { signedInClient } from '../support/users.ts';

/** A client of the demo user, without todos. */
export async function emptyDemoUser(service: TestService) {
  const client = await signedInClient(service);
  await client.DELETE('/todos');
  const { id } = await service.db.selectFrom('users').select('id').executeTakeFirstOrThrow();
  return { client, userId: id };
}

/** The largest member values that the contract allows, in bytes. */
export const LARGEST = { title: '𝒳'.repeat(200), description: '𝒳'.repeat(2000) };

/** Inserts open todos, one a millisecond. */
export async function fill(
  db: Db,
  userId: string,
  rows: number,
  content = { title: 'a', description: '' },
) {
  const { title, description } = content;
  const search_text = `${title}\u001f${description}`.toLowerCase();
  const todo = { user_id: userId, title, description, done: 0, search_text, version: 1 };
  await insertRows(db, 'todos', rows, (n) => ({
    id: crypto.randomUUID(),
    ...todo,
    created_at: n,
    updated_at: n,
  }));
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
export function handlersOf(service: TestService, statements: StatementCounter) {
  const dependencies: TodoDependencies = {
    db: service.db.withPlugin(statements),
    now: service.clock.now,
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
