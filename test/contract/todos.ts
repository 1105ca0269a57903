// Helpers for the checks of todos.
import type { components, operations } from '../../generated/openapi.d.ts';
import { holds, succeeds } from './expect.ts';
import { ada, as } from './people.ts';
import { nextPage } from './requests.ts';
import { api } from './target.ts';

export type Todo = components['schemas']['Todo'];
export type NewTodo = components['schemas']['NewTodo'];
export type TodoPatch = components['schemas']['TodoPatch'];
export type Query = NonNullable<operations['listTodos']['parameters']['query']>;

/** The credentials of ada, for a request. */
export async function asAda() {
  return as((await ada()).tokens);
}

/** Adds a todo of ada's, or of another user. */
export async function add(body: NewTodo, person = ada()): Promise<Todo> {
  return succeeds(await api.POST('/todos', { ...as((await person).tokens), body }), 201);
}

/** Changes a todo of ada's. */
export async function change(todo_id: string, body: TodoPatch): Promise<Todo> {
  const params = { path: { todo_id } };
  return succeeds(await api.PATCH('/todos/{todo_id}', { ...(await asAda()), params, body }), 200);
}

/** Deletes all of ada's todos and adds others, one after the other. */
export async function startWith(...todos: NewTodo[]): Promise<Todo[]> {
  succeeds(await api.DELETE('/todos', await asAda()), 204);
  const added: Todo[] = [];
  for (const todo of todos) added.push(await add(todo));
  return added;
}

/** A page of ada's todos, or of another user's. */
export async function page(query: Query = {}, person = ada()) {
  return api.GET('/todos', { ...as((await person).tokens), params: { query } });
}

export function etagOf({ response }: { response: Response }): string {
  return response.headers.get('ETag') ?? '';
}

/** The cursor in the `Link` to the next page; undefined on the last one. */
export function nextCursor(response: Response): string | undefined {
  return nextPage(response)?.searchParams.get('cursor') ?? undefined;
}

/** More than any list here has. */
const MOST_PAGES = 50;

/** All pages of ada's todos; `between` runs after each but the last. */
export async function pages(query: Query, between?: (todos: Todo[]) => Promise<void>) {
  const found: Todo[][] = [];
  for (let cursor: string | undefined; ; ) {
    const result = await page(cursor === undefined ? query : { ...query, cursor });
    const todos = succeeds(result, 200);
    found.push(todos);
    cursor = nextCursor(result.response);
    if (cursor === undefined) return { result, found };
    holds(result, 'missing on the last', found.length < MOST_PAGES, true);
    await between?.(todos);
  }
}

export function titles(todos: Todo[]): string[] {
  return todos.map(({ title }) => title);
}
