// The page at /docs: Scalar with the contract, and the sign-in that all tabs of this origin share.
import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { render } from 'preact';
import type { TokenPair } from '../client/index.ts';
import { randomId } from '../client/random-id.ts';
import { useForm } from './form.ts';
import { client, explain, login, settings, tokens, unwrap, username } from './session.ts';

/** The part of Scalar that this page uses. scalar.js defines it. */
declare const Scalar: {
  createApiReference(selector: string, options: Record<string, unknown>): void;
};

interface OpenApiDocument {
  paths: Record<string, Record<string, { parameters?: Parameter[] }>>;
  components: { parameters: Record<string, Parameter> };
}

interface Parameter {
  required?: boolean;
  examples?: Record<string, { 'x-disabled'?: boolean }>;
}

function Bar() {
  return html`
    <header class="bar">
      <a href=".">OpenAPI Todos</a>
      ${login.value === undefined ? html`<${SignIn} />` : html`<${User} />`}
    </header>`;
}

function SignIn() {
  const { username = '', password = '' } = settings.demo ?? {};
  const { submit, errorMessage } = useForm(async (read) => {
    await unwrap(client.login(read('username'), read('password')));
  });
  return html`
    <form onSubmit=${submit}>
      <span class="hint">Sign in to try the operations:</span>
      <input name="username" aria-label="Username" placeholder="Username" autocomplete="username"
        defaultValue=${username} required />
      <input name="password" type="password" aria-label="Password" placeholder="Password"
        autocomplete="current-password" defaultValue=${password} required />
      <button>Sign in</button>
      <span role="alert">${errorMessage.value}</span>
    </form>`;
}

function User() {
  const errorMessage = useSignal('');
  const signOut = async () => {
    errorMessage.value = '';
    try {
      await unwrap(client.logout());
    } catch (error) {
      errorMessage.value = explain(error);
    }
  };
  return html`
    <p>Signed in as <b>${username.value}</b>. Requests are sent with your access token.</p>
    <button onClick=${signOut}>Sign out</button>
    <span role="alert">${errorMessage.value}</span>`;
}

/** Loads the contract. Unticks the optional parameters, which Scalar sends if they have an example. */
async function loadContract(): Promise<OpenApiDocument> {
  const response = await fetch('openapi.json');
  const contract: OpenApiDocument = await response.json();
  const operations = Object.values(contract.paths).flatMap((path) => Object.values(path));
  const inline = operations.flatMap(({ parameters = [] }) => parameters);
  for (const parameter of [...Object.values(contract.components.parameters), ...inline]) {
    const { required, examples } = parameter;
    if (required) continue;
    for (const example of Object.values(examples ?? {})) example['x-disabled'] = true;
  }
  return contract;
}

/** Sends the reader's request with the access token, unless the reader has entered another one. */
async function send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const isEmpty = /^Bearer\s*$/i.test(request.headers.get('Authorization') ?? '');
  if (isEmpty) request.headers.delete('Authorization');
  const response = await client.fetch(request);
  if (response.ok) await updateSignIn(new URL(request.url).pathname, response.clone());
  return response;
}

/** Updates the sign-in after a login, refresh or logout that the reader has sent. */
async function updateSignIn(path: string, response: Response): Promise<void> {
  const operation = /\/auth\/(login|refresh|logout)$/.exec(path)?.[1];
  if (operation === undefined) return;
  if (operation === 'logout') return client.forget();
  const pair: TokenPair = await response.json();
  const login_id = (operation === 'refresh' && tokens.get()?.login_id) || randomId();
  tokens.set({ ...pair, login_id, refresh_key: randomId() });
}

const bar = document.querySelector('#bar');
if (bar) render(html`<${Bar} />`, bar);

Scalar.createApiReference('#reference', {
  content: await loadContract(),
  customFetch: send,
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
});
