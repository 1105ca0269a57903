import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useForm } from './form.ts';
import { client, settings, unwrap } from './session.ts';

/** The page of a user who is signed out. */
export function SignIn() {
  const isNew = useSignal(false);
  const { submit, isBusy, errorMessage } = useForm(async (read) => {
    const body = { username: read('username'), password: read('password') };
    if (isNew.value) await unwrap(client.POST('/auth/register', { body }));
    await unwrap(client.login(body.username, body.password));
  });

  const demo = isNew.value ? undefined : settings.demo;
  return html`
    <section class="welcome">
      <div class="pitch">
        <h1 tabindex="-1">Todos, with every request and token in view.</h1>
        <p>Keep a list. See all your sessions. Open the <b>Inspector</b> and watch access and
          refresh tokens change with each request.</p>
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
        ${isNew.value && html`<p class="hint">At least 8 characters, and not a common password.</p>`}
        ${demo && html`<p class="hint">The demo user is filled in. Press the button.</p>`}
        <p class="error" role="alert">${errorMessage.value}</p>
        <button class="primary" disabled=${isBusy.value}>
          ${isNew.value ? 'Create account' : 'Sign in'}
        </button>
        ${
          settings.registration &&
          html`<button type="button" class="quiet" onClick=${() => {
            isNew.value = !isNew.value;
            errorMessage.value = '';
          }}>${isNew.value ? 'I have an account' : 'Create an account'}</button>`
        }
      </form>
    </section>`;
}
