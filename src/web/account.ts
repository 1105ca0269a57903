import { effect, signal, untracked } from '@preact/signals';
import { html } from 'htm/preact';
import type { components } from '../client/index.ts';
import { useForm } from './form.ts';
import { notify } from './notices.ts';
import { client, explain, login, statusOf, unwrap, username } from './session.ts';

type Session = components['schemas']['Session'];

const sessions = signal<Session[]>([]);
const errorMessage = signal('');

async function load(): Promise<void> {
  try {
    sessions.value = (await unwrap(client.GET('/auth/sessions'))).data;
    errorMessage.value = '';
  } catch (error) {
    errorMessage.value = explain(error);
  }
}

export function Account() {
  return html`
    <section class="account" aria-labelledby="title">
      <h1 id="title" tabindex="-1">Account</h1>
      <p class="lead">Signed in as <b>${username.value}</b>.</p>
      <${Sessions} />
      <${Password} />
      <${Deletion} />
    </section>`;
}

/** Loads the sessions each time the account page is opened. */
export function openAccount(): void {
  if (login.value !== undefined) untracked(() => void load());
}

effect(() => {
  if (login.value === undefined) sessions.value = [];
});

function Sessions() {
  const others = sessions.value.filter(({ current }) => !current).length;

  async function endOthers() {
    try {
      await unwrap(client.DELETE('/auth/sessions', { params: { query: { keep_current: true } } }));
      notify('All other sessions have ended.');
    } catch (error) {
      notify(explain(error), { isProblem: true });
    }
    await load();
  }

  return html`
    <section class="card" aria-labelledby="sessions">
      <h2 id="sessions">Your sessions</h2>
      <p class="error" role="alert">${errorMessage.value}</p>
      <ul class="sessions">
        ${sessions.value.map((session) => html`<${SessionRow} key=${session.id} session=${session} />`)}
      </ul>
      ${
        others > 0 &&
        html`<button onClick=${endOthers}>
          Sign out everywhere else (${others})
        </button>`
      }
    </section>`;
}

function SessionRow({ session }: { session: Session }) {
  const { id, user_agent, address, created_at, last_used_at, current } = session;
  const device = deviceOf(user_agent);

  async function end() {
    const before = sessions.value;
    sessions.value = before.filter((one) => one.id !== id);
    try {
      await unwrap(
        client.DELETE('/auth/sessions/{session_id}', { params: { path: { session_id: id } } }),
      );
      notify(`The session on ${device} has ended.`);
    } catch (error) {
      if (statusOf(error) === 404) return; // ended elsewhere
      sessions.value = before;
      notify(explain(error), { isProblem: true });
    }
  }

  return html`
    <li>
      <div>
        <p class="device" title=${user_agent}>${device}
          ${current && html`<span class="badge">This one</span>`}</p>
        <p class="hint">${address} · signed in ${time(created_at)} · last used ${time(last_used_at)}</p>
      </div>
      ${
        !current &&
        html`<button class="quiet" onClick=${end} aria-label=${`End the session on ${device}, ${address}`}>
          End
        </button>`
      }
    </li>`;
}

function time(text: string) {
  const date = new Date(text);
  const shown = date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return html`<time datetime=${text}>${shown}</time>`;
}

/** "Firefox on Linux"; for a program that is not a browser, the start of its user agent. */
function deviceOf(userAgent: string): string {
  const find = (names: [RegExp, string][]) =>
    names.find(([pattern]) => pattern.test(userAgent))?.[1];
  const program = find([
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/Chrome\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ]);
  const system = find([
    [/iPhone|iPad/, 'iOS'],
    [/Android/, 'Android'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/Linux/, 'Linux'],
  ]);
  if (program && system) return `${program} on ${system}`;
  return userAgent.slice(0, 40) || 'an unknown program';
}

function Password() {
  const { submit, errorMessage } = useForm(async (read, form) => {
    const body = { current_password: read('current'), new_password: read('new') };
    await unwrap(client.PUT('/auth/password', { body }));
    form.reset();
    notify('Your password was changed, and all other sessions have ended.');
    await load();
  });

  return html`
    <section class="card" aria-labelledby="password">
      <h2 id="password">Change the password</h2>
      <form onSubmit=${submit}>
        <input type="text" name="username" autocomplete="username" value=${username.value} hidden readonly />
        <label>Current password
          <input type="password" name="current" autocomplete="current-password" required />
        </label>
        <label>New password
          <input type="password" name="new" autocomplete="new-password" required />
        </label>
        <p class="hint">This ends all your other sessions.</p>
        <p class="error" role="alert">${errorMessage.value}</p>
        <button class="primary">Change password</button>
      </form>
    </section>`;
}

function Deletion() {
  const { submit, errorMessage } = useForm(async (read) => {
    await unwrap(client.DELETE('/auth/me', { body: { current_password: read('current') } }));
    await client.forget();
    notify('Your account was deleted.');
  });

  return html`
    <section class="card danger" aria-labelledby="deletion">
      <h2 id="deletion">Delete the account</h2>
      <details>
        <summary>I want to delete my account</summary>
        <form onSubmit=${submit}>
          <p>This deletes your todos and ends all your sessions. It cannot be undone.</p>
          <input type="text" name="username" autocomplete="username" value=${username.value} hidden readonly />
          <label>Current password
            <input type="password" name="current" autocomplete="current-password" required />
          </label>
          <p class="error" role="alert">${errorMessage.value}</p>
          <button class="primary">Delete everything</button>
        </form>
      </details>
    </section>`;
}
