import { useSignal } from '@preact/signals';
import { html } from './html.ts';
import { client, explain, settings, unwrap } from './session.ts';

/** What the page shows while nobody is signed in. */
export function SignIn() {
  const isNew = useSignal(false);
  const isBusy = useSignal(false);
  const fault = useSignal('');

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const name = String(form.get('username'));
    const password = String(form.get('password'));
    isBusy.value = true;
    fault.value = '';
    try {
      if (isNew.value) {
        await unwrap(client.POST('/auth/register', { body: { username: name, password } }));
      }
      await unwrap(client.login(name, password));
    } catch (error) {
      fault.value = explain(error);
    } finally {
      isBusy.value = false;
    }
  }

  const demo = isNew.value ? undefined : settings.demo;
  return html`
    <section class="welcome">
      <div class="pitch">
        <h1 tabindex="-1">Todos, and what goes on behind them.</h1>
        <p>Keep a list. See everywhere you are signed in. Open the <b>Inspector</b> and watch
          access and refresh tokens at work, request by request.</p>
        <p class="links">
          <a href="docs">API reference</a>
          <a href="openapi.yaml">openapi.yaml</a>
        </p>
      </div>
      <form class="card sign-in" onSubmit=${submit} key=${isNew.value} aria-labelledby="sign-in">
        <h2 id="sign-in">${isNew.value ? 'Create an account' : 'Sign in'}</h2>
        <label>Username
          <input name="username" defaultValue=${demo?.username ?? ''} autocomplete="username"
            autocapitalize="none" spellcheck="false" required />
        </label>
        <label>Password
          <input name="password" type="password" defaultValue=${demo?.password ?? ''} required
            autocomplete=${isNew.value ? 'new-password' : 'current-password'} />
        </label>
        ${isNew.value && html`<p class="hint">At least 8 characters, and not a common one.</p>`}
        ${demo && html`<p class="hint">This is the demo user. Just press the button.</p>`}
        <p class="fault" role="alert">${fault.value}</p>
        <button class="primary" disabled=${isBusy.value}>
          ${isNew.value ? 'Create account' : 'Sign in'}
        </button>
        ${
          settings.registration &&
          html`<button type="button" class="quiet" onClick=${() => {
            isNew.value = !isNew.value;
            fault.value = '';
          }}>${isNew.value ? 'I have an account' : 'Create an account'}</button>`
        }
      </form>
    </section>`;
}
