import { useSignal, useSignalEffect } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import { TodoItem } from './todo-item.ts';
import { add, cursor, filter, items, load, loading, removeFinished } from './todos.ts';

const SEARCH_DELAY_MS = 200;
const DRAFT_KEY = 'openapi-todos:draft';

const FILTERS = [
  { label: 'All' },
  { label: 'Open', done: false },
  { label: 'Finished', done: true },
];

export function TodoList() {
  const { q, done } = filter.value;
  return html`
    <section class="todos" aria-labelledby="title">
      <h1 id="title" tabindex="-1">Todos</h1>
      <${NewTodo} />
      <div class="toolbar">
        <${Search} />
        <div class="choice" role="group" aria-label="Show">
          ${FILTERS.map(
            (choice) => html`
              <button aria-pressed=${done === choice.done} onClick=${() => show(choice.done)}>
                ${choice.label}
              </button>`,
          )}
        </div>
      </div>
      ${
        items.value.length > 0
          ? html`<ul class="list">
              ${items.value.map((item) => html`<${TodoItem} key=${item.id} item=${item} />`)}
            </ul>`
          : loading.value === 'idle' &&
            html`<${Empty} isFiltered=${Boolean(q) || done !== undefined} />`
      }
      <p class="visually-hidden" role="status">
        ${loading.value === 'idle' && `${items.value.length} todos are shown`}
      </p>
      <${More} />
      ${
        items.value.some((item) => item.done) &&
        html`<p class="end hint"><button class="quiet" onClick=${removeFinished}>
          Delete all finished todos
        </button></p>`
      }
    </section>`;
}

function show(done: boolean | undefined): void {
  const { q } = filter.value;
  filter.value = { ...(q !== undefined && { q }), ...(done !== undefined && { done }) };
  void load();
}

/** The field for a new todo. Its text survives an error, an outage and a reload. */
function NewTodo() {
  const text = useSignal(sessionStorage.getItem(DRAFT_KEY) ?? '');
  useSignalEffect(() => sessionStorage.setItem(DRAFT_KEY, text.value));

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const title = text.value.trim();
    if (title === '') return;
    text.value = '';
    if (!(await add(title)) && text.value === '') text.value = title;
  }

  return html`
    <form class="new-todo" onSubmit=${submit}>
      <input aria-label="New todo" placeholder="What needs doing?" maxlength="200" name="title"
        autocomplete="off" required value=${text.value}
        onInput=${(event: InputEvent) => {
          text.value = (event.currentTarget as HTMLInputElement).value;
        }} />
      <button class="primary">Add</button>
    </form>`;
}

function Search() {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const search = (event: InputEvent) => {
    const q = (event.currentTarget as HTMLInputElement).value;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const { q: _, ...rest } = filter.value;
      filter.value = q === '' ? rest : { ...rest, q };
      void load();
    }, SEARCH_DELAY_MS);
  };
  return html`<input type="search" class="search" aria-label="Search todos" placeholder="Search"
    maxlength="200" defaultValue=${filter.value.q ?? ''} onInput=${search} />`;
}

function Empty({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered
    ? html`<div class="empty"><p class="big">Nothing matches.</p><p>Try another word, or show all.</p></div>`
    : html`<div class="empty"><p class="big">No todos yet.</p><p>Add the first one above.</p></div>`;
}

/** Loads the next page when the end of the list is near the visible part. It also has a button. */
function More() {
  const listEnd = useRef<HTMLDivElement>(null);
  const state = loading.value;
  const hasMore = cursor.value !== undefined;
  useEffect(() => {
    if (!listEnd.current || !hasMore || state !== 'idle') return undefined;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void load('more');
      },
      { rootMargin: '400px' },
    );
    observer.observe(listEnd.current);
    return () => observer.disconnect();
  }, [hasMore, state, items.value.length]);
  return html`
    <div class="more hint" ref=${listEnd}>
      ${typeof state === 'object' && html`<p class="error">${state.failed}</p>`}
      ${(state === 'first' || state === 'more') && html`<p class="loading">Loading…</p>`}
      ${
        (typeof state === 'object' || (state === 'idle' && hasMore)) &&
        html`<button class="quiet" onClick=${() => load(items.value.length > 0 ? 'more' : undefined)}>
          ${state === 'idle' ? 'Show more' : 'Try again'}
        </button>`
      }
    </div>`;
}
