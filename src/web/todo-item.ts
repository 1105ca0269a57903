import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import { useForm } from './form.ts';
import { notify } from './notices.ts';
import { explain, statusOf } from './session.ts';
import { fetchVersion, type Item, remove, save, toggle, type Version } from './todos.ts';

export function TodoItem({ item }: { item: Item }) {
  const version = useSignal<Version | undefined>(undefined);
  const opener = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);

  const { id, title, description, done, isPending } = item;
  const isOpen = version.value !== undefined;
  useEffect(() => {
    if (wasOpen.current && !isOpen) opener.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);

  async function open() {
    try {
      version.value = await fetchVersion(id);
    } catch (error) {
      notify(explain(error), { isProblem: true });
    }
  }

  if (version.value) {
    return html`<li class="item editing">
      <${Editor} version=${version.value} onClose=${() => {
        version.value = undefined;
      }} />
    </li>`;
  }
  return html`
    <li class=${`item ${done ? 'done' : ''} ${isPending ? 'pending' : ''}`} aria-busy=${isPending === true}>
      <input type="checkbox" class="check" checked=${done} aria-label=${`Done: ${title}`}
        onChange=${() => toggle(item)} />
      <button class="text" ref=${opener} onClick=${open}>
        <span class="visually-hidden">Edit </span>
        <span class="title">${title}</span>
        ${description && html`<span class="description hint">${description}</span>`}
      </button>
      <button class="icon delete" aria-label=${`Delete ${title}`} onClick=${(event: MouseEvent) => {
        focusNeighbour(event.currentTarget as HTMLElement);
        void remove(item);
      }}>✕</button>
    </li>`;
}

/** After a deletion by keyboard, moves the focus to the next todo, or to the field for a new one. */
function focusNeighbour(button: HTMLElement): void {
  const row = button.closest('li');
  const next = row?.nextElementSibling ?? row?.previousElementSibling;
  const target =
    next?.querySelector<HTMLElement>('.delete') ?? document.querySelector('.new-todo input');
  if (target instanceof HTMLElement) target.focus();
}

/** Edits a todo. If it was changed elsewhere meanwhile, shows both versions and lets the user choose. */
function Editor({ version, onClose }: { version: Version; onClose: () => void }) {
  const base = useSignal(version);
  const isConflict = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const { submit, isBusy, errorMessage } = useForm(async (read) => {
    try {
      const draft = { title: read('title').trim(), description: read('description') };
      await save(base.value, draft);
      onClose();
    } catch (error) {
      if (statusOf(error) !== 412) throw error;
      base.value = await fetchVersion(base.value.todo.id);
      isConflict.value = true;
    }
  });

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose();
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit(event);
  };
  const { todo } = base.value;
  return html`
    <form class="editor" onSubmit=${submit} onKeyDown=${onKeyDown} aria-label=${`Edit ${todo.title}`}>
      <label>Title
        <input name="title" ref=${field} defaultValue=${version.todo.title} maxlength="200" required />
      </label>
      <label>Notes
        <textarea name="description" rows="3" maxlength="2000"
          defaultValue=${version.todo.description}></textarea>
      </label>
      ${
        isConflict.value &&
        html`<div class="conflict" role="alert">
          <p><b>This todo was changed somewhere else</b> after you opened it, so your changes were not saved
            (412 Precondition Failed). The current version:</p>
          <blockquote><b>${todo.title}</b>${todo.description && html`<br />${todo.description}`}</blockquote>
        </div>`
      }
      <p class="error" role="alert">${errorMessage.value}</p>
      <div class="actions">
        <button class="primary" disabled=${isBusy.value}>${isConflict.value ? 'Keep mine' : 'Save'}</button>
        <button type="button" class="quiet" onClick=${onClose}>
          ${isConflict.value ? 'Take theirs' : 'Cancel'}
        </button>
      </div>
    </form>`;
}
