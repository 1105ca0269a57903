import { effect, signal } from '@preact/signals';
import { html } from 'htm/preact';
import { render } from 'preact';
import { Account, openAccount } from './account.ts';
import { isReachable } from './exchanges.ts';
import { Inspector, isInspectorOpen } from './inspector.ts';
import { Notices, notify } from './notices.ts';
import { client, explain, login, statusOf, unwrap, username } from './session.ts';
import { SignIn } from './sign-in.ts';
import { TodoList } from './todo-list.ts';

const PAGES = {
  todos: { title: 'Todos', content: TodoList },
  account: { title: 'Account', content: Account },
};

const route = signal<keyof typeof PAGES>(readRoute());

function readRoute() {
  return location.hash === '#account' ? 'account' : 'todos';
}

addEventListener('hashchange', () => {
  route.value = readRoute();
  requestAnimationFrame(() => document.querySelector('h1')?.focus());
});

effect(() => {
  const title = login.value === undefined ? 'Sign in' : PAGES[route.value].title;
  document.title = `${title} · OpenAPI Todos`;
  if (route.value === 'account') openAccount();
});

function App() {
  const { content } = PAGES[route.value];
  return html`
    <a class="skip" href="#content" onClick=${skip}>Skip to the content</a>
    <${Header} />
    <${Connection} />
    <div class=${isInspectorOpen.value ? 'with-inspector' : ''}>
      <main id="content" tabindex="-1">
        <${login.value === undefined ? SignIn : content} />
      </main>
      ${isInspectorOpen.value && html`<${Inspector} />`}
    </div>
    <${Notices} />`;
}

function skip(event: MouseEvent) {
  event.preventDefault();
  document.querySelector<HTMLElement>('#content')?.focus();
}

function Header() {
  const isSignedIn = login.value !== undefined;
  return html`
    <header class="top">
      <p class="brand"><span class="mark" aria-hidden="true"></span>
        <span><span class="brand-prefix">OpenAPI </span>Todos</span></p>
      ${
        isSignedIn &&
        html`<nav aria-label="Pages">
          ${Object.entries(PAGES).map(
            ([name, { title }]) =>
              html`<a href=${`#${name}`} aria-current=${route.value === name ? 'page' : undefined}>${title}</a>`,
          )}
        </nav>`
      }
      <div class="tools">
        <button class="inspector-toggle" aria-expanded=${isInspectorOpen.value} aria-controls="inspector"
          onClick=${() => {
            isInspectorOpen.value = !isInspectorOpen.value;
          }}>Inspector</button>
        ${
          isSignedIn &&
          html`<button class="quiet sign-out" onClick=${signOut} title=${`Signed in as ${username.value}`}>
            Sign out
          </button>`
        }
      </div>
    </header>`;
}

async function signOut(): Promise<void> {
  try {
    await unwrap(client.logout());
  } catch (error) {
    if (statusOf(error) === 401) return; // the session had ended already
    const action = { label: 'Sign out on this device only', run: () => void client.forget() };
    notify(`You are still signed in: ${explain(error)}`, { isProblem: true, action });
  }
}

function Connection() {
  return html`<div role="status">
    ${
      !isReachable.value &&
      html`<p class="offline">The service cannot be reached. What you have typed is kept, and this
        page retries automatically.</p>`
    }
  </div>`;
}

const root = document.querySelector('#app');
if (root) render(html`<${App} />`, root);
