import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Db } from '../database/connect.ts';
import type { OperationHandlers, OperationRequest, Schema } from '../http/operation.ts';
import { problem, unavailable } from '../http/problem.ts';
import { formatTimestamp } from '../timestamp.ts';
import { createTodoOnce } from './create-todo-once.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import {
  formatEntityTag,
  matchesIfMatchWeakly,
  passesIfMatch,
  passesIfNoneMatch,
} from './entity-tag.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import { listTodos } from './list-todos.ts';
import {
  createTodo,
  deleteTodo,
  deleteTodos,
  findTodo,
  replaceTodo,
  type Todo,
  type TodoContent,
} from './repository.ts';

export interface TodoDependencies {
  db: Db;
  now: () => number;
  /** The key of the MAC of cursors. */
  cursorSecret: string;
  /** The maximum number of a user's todos. */
  maxTodos: number;
}

/** How many long searches of one user may wait; each of them holds a slot of the request queue. */
const MAX_QUEUED_SEARCHES = 3;

/** The operations of the tag `todos`. */
export function todoHandlers({ db, now, cursorSecret, maxTodos }: TodoDependencies) {
  const changes = new KeyedMutex();
  const scans = new KeyedMutex(MAX_QUEUED_SEARCHES);
  return {
    async listTodos({ principal, query }) {
      const { done, q, sort = 'created_at', limit = 20, cursor } = query;
      const list = JSON.stringify([principal.userId, done, q, sort]);
      const after = cursor === undefined ? undefined : decodeCursor(cursor, list, cursorSecret);
      if (cursor !== undefined && !after) return invalidCursor();
      const orderBy = sort.endsWith('created_at') ? 'created_at' : 'updated_at';
      const direction = sort.startsWith('-') ? 'desc' : 'asc';
      const page = { done, q, orderBy, direction, after, limit } as const;
      const found = await listTodos(db, principal.userId, page, () => scans.lock(principal.userId));
      if (!found) return unavailable(); // too many long searches of the user wait
      const { todos, next } = found;
      const headers = next
        ? { Link: formatNextLink(query, encodeCursor(next, list, cursorSecret)) }
        : {};
      return { status: 200, headers, body: todos.map(toTodoBody) };
    },

    async createTodo({ principal, headers, body }) {
      const content = toTodoContent(body);
      const owner = { userId: principal.userId, maxTodos };
      const key = headers['Idempotency-Key'];
      if (key === undefined) {
        const todo = await createTodo(db, owner, content, now());
        return todo ? created(todo) : todoLimitReached();
      }
      const once = {
        keyHash: hash('sha256', key),
        requestHash: hash('sha256', JSON.stringify(content)),
      };
      const outcome = await createTodoOnce(db, owner, content, once, now());
      if (outcome === 'key reused') {
        const detail = 'This Idempotency-Key belongs to another request';
        return problem(409, 'idempotency_key_reused', detail);
      }
      return outcome === 'limit reached' ? todoLimitReached() : created(outcome);
    },

    async getTodo({ principal, path, headers }) {
      const todo = await findTodo(db, principal.userId, path.todo_id.toLowerCase());
      if (!todo) return todoNotFound();
      if (passesIfNoneMatch(headers['If-None-Match'], todo.version)) return found(todo);
      return { status: 304, headers: { ETag: formatEntityTag(todo.version) } };
    },

    async replaceTodo(request) {
      return changeTodo(request, () => toTodoContent(request.body));
    },

    async updateTodo(request) {
      return changeTodo(request, (todo) => applyPatch(todo, request.body));
    },

    async deleteTodo(request) {
      using _lock = await lockTodo(request);
      for (;;) {
        const todo = await findMatchingTodo(request);
        if ('status' in todo) return todo;
        if (await deleteTodo(db, request.principal.userId, todo)) return { status: 204 };
      }
    },

    async deleteTodos({ principal, query }) {
      await deleteTodos(db, principal.userId, query.done);
      return { status: 204 };
    },
  } satisfies Partial<OperationHandlers>;

  /** Optimistic locking: reads, checks `If-Match`, replaces that version; retries if it has changed. */
  async function changeTodo(request: ChangeRequest, contentFrom: (todo: Todo) => TodoContent) {
    using _lock = await lockTodo(request);
    for (;;) {
      const todo = await findMatchingTodo(request);
      if ('status' in todo) return todo;
      const content = contentFrom(todo);
      const changed = isDeepStrictEqual(toTodoContent(todo), content)
        ? todo
        : await replaceTodo(db, request.principal.userId, todo, content, now());
      if (changed) return found(changed);
    }
  }

  /** Without this lock, concurrent changes of one todo would retry each other, at quadratic cost. */
  function lockTodo({ principal, path }: ChangeRequest) {
    return changes.lock(`${principal.userId} ${path.todo_id.toLowerCase()}`);
  }

  /** Finds the todo of a request, or returns the problem why it must not be changed. */
  async function findMatchingTodo({ principal, path, headers }: ChangeRequest) {
    const todo = await findTodo(db, principal.userId, path.todo_id.toLowerCase());
    if (!todo) return todoNotFound();
    if (passesIfMatch(headers['If-Match'], todo.version)) return todo;
    return preconditionFailed(matchesIfMatchWeakly(headers['If-Match'], todo.version));
  }
}

type ChangeRequest = Pick<OperationRequest<'deleteTodo'>, 'principal' | 'path' | 'headers'>;

/** Applies a merge patch (RFC 7396): a missing member stays, `null` restores the default. */
function applyPatch(todo: Todo, patch: Schema<'TodoPatch'>): TodoContent {
  const { title = todo.title, description = todo.description, done = todo.done } = patch;
  return { title, description: description ?? '', done: done ?? false };
}

function toTodoContent({ title, description = '', done = false }: Schema<'NewTodo'>): TodoContent {
  return { title, description, done };
}

/** Converts a todo to the schema of the contract. */
function toTodoBody(todo: Todo): Schema<'Todo'> {
  const { createdAt, updatedAt } = todo;
  const formattedCreatedAt = formatTimestamp(createdAt);
  return {
    id: todo.id,
    title: todo.title,
    description: todo.description,
    done: todo.done,
    created_at: formattedCreatedAt,
    updated_at: updatedAt === createdAt ? formattedCreatedAt : formatTimestamp(updatedAt),
  };
}

function found(todo: Todo) {
  return {
    status: 200,
    headers: { ETag: formatEntityTag(todo.version) },
    body: toTodoBody(todo),
  } as const;
}

function created(todo: Todo) {
  const headers = { Location: `/todos/${todo.id}`, ETag: formatEntityTag(todo.version) };
  return { status: 201, headers, body: toTodoBody(todo) } as const;
}

function todoNotFound() {
  return problem(404, 'not_found', 'There is no such todo');
}

/** If-Match compares strongly, so a weak tag of the current version fails, too. */
function preconditionFailed(isWeak: boolean) {
  const detail = isWeak
    ? 'If-Match takes no weak tag (W/"…"); a proxy that compresses may have weakened the ETag'
    : 'The todo has changed since it was read';
  return problem(412, 'precondition_failed', detail);
}

function todoLimitReached() {
  const detail = 'You have as many todos as are allowed. Delete some first.';
  return problem(409, 'todo_limit_reached', detail);
}

function invalidCursor() {
  const message = 'was not handed out for this list';
  return problem(400, 'invalid_request', `cursor ${message}`, [{ parameter: 'cursor', message }]);
}

/** Formats the link to the next page (RFC 8288), relative to the service. */
function formatNextLink(query: OperationRequest<'listTodos'>['query'], cursor: string): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor })) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return `</todos?${parameters}>; rel="next"`;
}
