import { signal, useSignal, useSignalEffect } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Exchange, exchanges, shorten } from './exchanges.ts';
import { type Experiment, experiments, type Outcome } from './experiments.ts';
import { refreshTokens } from './refresh-tokens.ts';
import { claimsOf, current, decodePart, explain, login } from './session.ts';

export const isInspectorOpen = signal(false);

const outcome = signal<(Outcome & { title: string }) | undefined>(undefined);

/** The panel with the tokens of the session, the experiments, and each request with its answer. */
export function Inspector() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    return () => document.querySelector<HTMLElement>('.inspector-toggle')?.focus();
  }, []);
  const close = () => {
    isInspectorOpen.value = false;
  };
  return html`
    <aside id="inspector" class="inspector" aria-labelledby="inspector-title"
      onKeyDown=${(event: KeyboardEvent) => event.key === 'Escape' && close()}>
      <div class="inspector-head">
        <h2 id="inspector-title" tabindex="-1" ref=${heading}>Inspector</h2>
        <button class="icon" aria-label="Close" onClick=${close}>✕</button>
      </div>
      <${AccessToken} />
      <${RefreshTokens} />
      <${Experiments} />
      <${Exchanges} />
    </aside>`;
}

function AccessToken() {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  const token = current.value?.access_token;
  if (token === undefined) {
    return html`<section><h3>Access token</h3><p class="hint">None. You are signed out.</p></section>`;
  }
  const { iat, exp } = claimsOf(token) as { iat: number; exp: number }; // the contract requires both claims
  const left = Math.max(0, Math.round(exp - now.value / 1000));
  return html`
    <section>
      <h3>Access token</h3>
      <div class="countdown">
        <span class="clock">${left > 0 ? minutes(left) : 'expired'}</span>
        <progress max=${exp - iat} value=${left} aria-label="Time left of the access token"></progress>
      </div>
      <details>
        <summary><span class="code">${shorten(token)}</span> decoded</summary>
        <pre tabindex="0" aria-label="Header and payload of the access token">${JSON.stringify(decodePart(token, 0), null, 2)}
${JSON.stringify(claimsOf(token), null, 2)}</pre>
        <p class="hint">The token is signed, not encrypted: anyone who has it can read it.</p>
      </details>
    </section>`;
}

function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

const STATES = { current: 'current', spent: 'spent', ended: 'session ended' };

function RefreshTokens() {
  return html`
    <section>
      <h3>Refresh token</h3>
      ${refreshTokens.value.length === 0 && html`<p class="hint">None yet.</p>`}
      <ol class="refresh-tokens">
        ${refreshTokens.value.map(
          ({ token, state, answers }, index) => html`
            <li key=${token} class=${state}>
              <span class="number">${index + 1}</span>
              <span class="code">${shorten(token)}</span>
              <span class="badge">${STATES[state]}${answers > 1 ? `, answered ${answers} times` : ''}</span>
            </li>`,
        )}
      </ol>
    </section>`;
}

function Experiments() {
  const running = useSignal('');
  const result = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    if (outcome.value)
      requestAnimationFrame(() => result.current?.scrollIntoView({ block: 'nearest' }));
  });

  async function run(experiment: Experiment) {
    const { title } = experiment;
    running.value = title;
    try {
      outcome.value = { title, ...(await experiment.run()) };
    } catch (error) {
      outcome.value = { title, happened: explain(error), rule: 'Nothing has changed. Try again.' };
    } finally {
      running.value = '';
    }
  }

  return html`
    <section>
      <h3>Experiments with the tokens of this session</h3>
      <div class="experiments">
        ${experiments.map(
          (experiment) => html`
            <button disabled=${login.value === undefined || running.value !== ''}
              onClick=${() => run(experiment)}>
              ${experiment.title}
              ${experiment.endsSession && html`<span class="hint">ends the session</span>`}
            </button>`,
        )}
      </div>
      <div class="outcome" role="status" ref=${result}>
        ${
          outcome.value &&
          html`<h4>${outcome.value.title}</h4>
            <p>${outcome.value.happened}</p>
            <p class="rule"><b>Rule:</b> ${outcome.value.rule}</p>`
        }
      </div>
    </section>`;
}

function Exchanges() {
  return html`
    <section>
      <h3>Requests and answers</h3>
      ${exchanges.value.length === 0 && html`<p class="hint">None yet.</p>`}
      <ul class="exchanges">
        ${exchanges.value.map((exchange) => html`<${ExchangeRow} key=${exchange.id} exchange=${exchange} />`)}
      </ul>
    </section>`;
}

function ExchangeRow({ exchange }: { exchange: Exchange }) {
  const { method, path, status, milliseconds, isLost, request, response } = exchange;
  const kind = status === undefined || isLost ? 'none' : status < 400 ? 'good' : 'bad';
  const shown = isLost ? 'lost' : (status ?? (milliseconds === undefined ? '…' : 'none'));
  return html`
    <li>
      <details>
        <summary>
          <span class="method">${method}</span>
          <span class="path">${path}</span>
          <span class=${`status ${kind}`}>${shown}</span>
          <span class="time">${milliseconds !== undefined && `${milliseconds} ms`}</span>
        </summary>
        <pre tabindex="0" aria-label="Request">${method} ${path}
${request}</pre>
        <pre tabindex="0" aria-label="Answer">${status ?? 'No answer'}
${response ?? ''}</pre>
      </details>
    </li>`;
}
