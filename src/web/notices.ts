// Short messages at the edge of the page. Screen readers read them aloud.
import { signal } from '@preact/signals';
import { html } from 'htm/preact';

interface Notice {
  id: number;
  text: string;
  isProblem: boolean;
  action: Action | undefined;
}

interface Action {
  label: string;
  run: () => void;
}

const SHOWN_MS = 6000;

const notices = signal<Notice[]>([]);
let count = 0;

export function notify(
  text: string,
  { isProblem = false, action }: { isProblem?: boolean; action?: Action } = {},
): void {
  const id = ++count;
  notices.value = [
    ...notices.value.filter((one) => one.text !== text),
    { id, text, isProblem, action },
  ].slice(-3);
  if (!isProblem) setTimeout(() => dismiss(id), SHOWN_MS);
}

function dismiss(id: number): void {
  notices.value = notices.value.filter((one) => one.id !== id);
}

export function Notices() {
  return html`
    <div class="notices" role="status" aria-live="polite">
      ${notices.value.map(
        ({ id, text, isProblem, action }) => html`
          <div class=${`notice ${isProblem ? 'problem' : ''}`} key=${id}>
            <p>${text}</p>
            ${
              action &&
              html`<button class="quiet" onClick=${() => {
                dismiss(id);
                action.run();
              }}>${action.label}</button>`
            }
            <button class="icon" aria-label="Dismiss" onClick=${() => dismiss(id)}>✕</button>
          </div>`,
      )}
    </div>`;
}
