// The todos that the page shows. A change is shown at once and undone if the service refuses it.
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
/** `failed` with the sentence that says why. */
export const loading = signal<'idle' | 'first' | 'more' | { failed: string }>('first');
/** Where the next page starts; `undefined` after the last one. */
export const cursor = signal<string | undefined>(undefined);

const PAGE_SIZE = 30;
let latest = 0;

/** Loads the first page, or with `more` the next one. The answer to an older question is dropped. */
export async function load(more?: 'more'): Promise<void> {
  const question = ++latest;
  loading.value = more ?? 'first';
  const start = more && cursor.value !== undefined ? { cursor: cursor.value } : {};
  const query: TodoQuery = { ...filter.value, sort: '-created_at', limit: PAGE_SIZE, ...start };
  try {
    const { data, response } = await unwrap(client.GET('/todos', { params: { query } }));
    if (question !== latest) return;
    const known = new Set(data.map(({ id }) => id));
    items.value = more ? [...items.value.filter(({ id }) => !known.has(id)), ...data] : data;
    cursor.value = nextCursor(response);
    loading.value = 'idle';
  } catch (error) {
    if (question === latest) loading.value = { failed: explain(error) };
  }
}

// Another login is perhaps another user's. After an outage the list may have changed.
effect(() => {
  if (login.value === undefined) items.value = [];
  else if (isReachable.value) untracked(() => void load());
});

/** @returns whether it was added; if not, the text is still the caller's */
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
    notify(`“${item.title}” is as it was: ${explain(error)}`, { isProblem: true });
  }
}

export async function remove(item: Item): Promise<void> {
  const before = items.value;
  items.value = before.filter(({ id }) => id !== item.id);
  try {
    await unwrap(client.DELETE('/todos/{todo_id}', { params: { path: { todo_id: item.id } } }));
    notify(`“${item.title}” is deleted.`);
  } catch (error) {
    if (statusOf(error) === 404) return; // deleted elsewhere
    const index = before.findIndex(({ id }) => id === item.id);
    items.value = items.value.toSpliced(index, 0, item);
    notify(`“${item.title}” is not deleted: ${explain(error)}`, { isProblem: true });
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
    notify(`Nothing is deleted: ${explain(error)}`, { isProblem: true });
  }
}

/** The todo as it is now, for an edit. */
export async function fetchVersion(id: string): Promise<Version> {
  const params = { path: { todo_id: id } };
  const { data, response } = await unwrap(client.GET('/todos/{todo_id}', { params }));
  replace(id, data);
  return { todo: data, etag: response.headers.get('ETag') ?? '*' };
}

/**
 * Saves an edit, unless the todo is no longer the version that the edit began with.
 * @throws {ProblemError} 412 in that case; the list shows the todo as it was then
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
