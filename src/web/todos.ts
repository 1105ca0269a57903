// The todos that the page shows. A change appears at once and is undone if the service rejects it.
import { effect, signal, untracked } from '@preact/signals';
import { nextCursor, type Todo, type TodoQuery } from '../client/index.ts';
import { randomId } from '../client/random-id.ts';
import { isReachable } from './exchanges.ts';
import { notify } from './notices.ts';
import { client, explain, login, statusOf, unwrap } from './session.ts';

/** A todo of the list; `isPending` until the service has confirmed a change. */
export interface Item extends Todo {
  isPending?: boolean;
}

/** A todo with the version that an edit starts from. */
export interface Version {
  todo: Todo;
  etag: string;
}

type Draft = Pick<Todo, 'title' | 'description'>;

export const items = signal<Item[]>([]);
export const filter = signal<Pick<TodoQuery, 'q' | 'done'>>({});
/** `failed` has the error message. */
export const loading = signal<'idle' | 'first' | 'more' | { failed: string }>('first');
/** Where the next page starts; `undefined` after the last one. */
export const cursor = signal<string | undefined>(undefined);

const PAGE_SIZE = 30;
let latestLoad = 0;

/** Loads the first page, or with `more` the next one. Ignores the answer if a newer load has started. */
export async function load(more?: 'more'): Promise<void> {
  const thisLoad = ++latestLoad;
  loading.value = more ?? 'first';
  const start = more && cursor.value !== undefined ? { cursor: cursor.value } : {};
  const query: TodoQuery = { ...filter.value, sort: '-created_at', limit: PAGE_SIZE, ...start };
  try {
    const { data, response } = await unwrap(client.GET('/todos', { params: { query } }));
    if (thisLoad !== latestLoad) return;
    const known = new Set(data.map(({ id }) => id));
    items.value = more ? [...items.value.filter(({ id }) => !known.has(id)), ...data] : data;
    cursor.value = nextCursor(response);
    loading.value = 'idle';
  } catch (error) {
    if (thisLoad === latestLoad) loading.value = { failed: explain(error) };
  }
}

// Another login may be another user's, and the list may have changed during an outage.
effect(() => {
  if (login.value === undefined) items.value = [];
  else if (isReachable.value) untracked(() => void load());
});

/** @returns whether the todo was added; if not, the caller keeps the text */
export async function add(title: string): Promise<boolean> {
  const id = randomId();
  const now = new Date().toISOString();
  const item: Item = {
    ...{ id, title, description: '', done: false, created_at: now, updated_at: now },
    isPending: true,
  };
  items.value = [item, ...items.value];
  try {
    const params = { header: { 'Idempotency-Key': id } };
    const { data } = await unwrap(client.POST('/todos', { params, body: { title } }));
    replace(id, data);
    return true;
  } catch (error) {
    items.value = items.value.filter((one) => one.id !== id);
    notify(`Not added: ${explain(error)}`, { isProblem: true });
    return false;
  }
}

export async function toggle(item: Item): Promise<void> {
  const done = !item.done;
  replace(item.id, { ...item, done, isPending: true });
  try {
    const params = { path: { todo_id: item.id } };
    const { data } = await unwrap(client.PATCH('/todos/{todo_id}', { params, body: { done } }));
    replace(item.id, data);
  } catch (error) {
    replace(item.id, item);
    notify(`“${item.title}” was not changed: ${explain(error)}`, { isProblem: true });
  }
}

export async function remove(item: Item): Promise<void> {
  const before = items.value;
  items.value = before.filter(({ id }) => id !== item.id);
  try {
    await unwrap(client.DELETE('/todos/{todo_id}', { params: { path: { todo_id: item.id } } }));
    notify(`“${item.title}” was deleted.`);
  } catch (error) {
    if (statusOf(error) === 404) return; // deleted elsewhere
    const index = before.findIndex(({ id }) => id === item.id);
    items.value = items.value.toSpliced(index, 0, item);
    notify(`“${item.title}” was not deleted: ${explain(error)}`, { isProblem: true });
  }
}

export async function removeFinished(): Promise<void> {
  const before = items.value;
  items.value = before.filter(({ done }) => !done);
  try {
    await unwrap(client.DELETE('/todos', { params: { query: { done: true } } }));
    await load();
  } catch (error) {
    items.value = before;
    notify(`Nothing was deleted: ${explain(error)}`, { isProblem: true });
  }
}

/** Fetches the current version of a todo, for an edit. */
export async function fetchVersion(id: string): Promise<Version> {
  const params = { path: { todo_id: id } };
  const { data, response } = await unwrap(client.GET('/todos/{todo_id}', { params }));
  replace(id, data);
  return { todo: data, etag: response.headers.get('ETag') ?? '*' };
}

/**
 * Saves an edit if the todo still has the version that the edit started from.
 * @throws {ProblemError} 412 if it has another version; then the list shows the todo unchanged
 */
export async function save({ todo, etag }: Version, draft: Draft): Promise<void> {
  replace(todo.id, { ...todo, ...draft, isPending: true });
  try {
    const params = { path: { todo_id: todo.id }, header: { 'If-Match': etag } };
    const { data } = await unwrap(client.PATCH('/todos/{todo_id}', { params, body: draft }));
    replace(todo.id, data);
  } catch (error) {
    replace(todo.id, todo);
    throw error;
  }
}

function replace(id: string, item: Item): void {
  items.value = items.value.map((one) => (one.id === id ? item : one));
}
