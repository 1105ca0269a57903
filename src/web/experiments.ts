// What can be tried with the tokens of this session. Each says what happened and which rule is behind it.
import type { TokenPair, Tokens } from '../client/index.ts';
import { randomId } from '../client/random-id.ts';
import { loseNextAnswer, shorten } from './exchanges.ts';
import { client, settings, tokens } from './session.ts';

export interface Outcome {
  happened: string;
  rule: string;
}

export interface Experiment {
  title: string;
  /** Whether the session is over afterwards. */
  endsSession?: boolean;
  run: () => Promise<Outcome>;
}

export const experiments: Experiment[] = [
  { title: 'Expire the access token', run: expire },
  { title: 'Refresh now', run: refreshNow },
  { title: 'Refresh from two tabs at once', run: refreshTwice },
  { title: 'Lose the answer and retry', run: loseAnswer },
  { title: 'Replay an old refresh token', endsSession: true, run: replay },
  { title: 'Sign out and try again', endsSession: true, run: signOutAndRetry },
];

/** @throws Error when nobody is signed in any more */
function held(): Tokens {
  const now = tokens.get();
  if (!now) throw new Error('You are signed out.');
  return now;
}

/** Presents a refresh token, as any client may. */
function present(refresh_token: string, key?: string) {
  const params = { header: key === undefined ? {} : { 'Idempotency-Key': key } };
  return client.POST('/auth/refresh', { params, body: { refresh_token } });
}

/** Goes on with a new pair. */
function take(pair: TokenPair | undefined): void {
  if (pair) tokens.set({ ...held(), ...pair, refresh_key: randomId() });
}

async function expire(): Promise<Outcome> {
  // Only time makes a token expire. A damaged one is refused in the same way.
  const { access_token, ...rest } = held();
  const end = access_token.endsWith('A') ? 'B' : 'A';
  tokens.set({ ...rest, access_token: access_token.slice(0, -8) + end.repeat(8) });
  const { response } = await client.GET('/auth/me');
  return {
    happened:
      'The page spoiled its access token, and the service refused it with 401 as it refuses an expired one. ' +
      `The client refreshed once and repeated the request: ${response.status}.`,
    rule:
      'An access token is short-lived and is never prolonged. ' +
      'After a 401 with `invalid_token` a client refreshes and repeats the request once (RFC 6750 §3.1).',
  };
}

async function refreshNow(): Promise<Outcome> {
  const { refresh_token, refresh_key } = held();
  const { data, response } = await present(refresh_token, refresh_key);
  take(data);
  return {
    happened: data
      ? `${shorten(refresh_token)} is spent, and ${shorten(data.refresh_token)} is current. A new access token came with it.`
      : `The service answered ${response.status}.`,
    rule:
      'A refresh token is for one use: each refresh rotates it (RFC 9700 §4.14.2). ' +
      'The service keeps only its hash, so its database gives no token away.',
  };
}

async function refreshTwice(): Promise<Outcome> {
  const { refresh_token } = held();
  const answers = await Promise.all([present(refresh_token), present(refresh_token)]);
  const [one, other] = answers.map(({ data }) => data);
  take(one ?? other);
  const statuses = answers.map(({ response }) => response.status).join(' and ');
  const isSame = one !== undefined && one.refresh_token === other?.refresh_token;
  const { reuseLeewaySeconds: leeway } = settings;
  return {
    happened: isSame
      ? `Both were answered ${statuses}, with the same new refresh token ${shorten(one.refresh_token)}. Both tabs stay signed in.`
      : `They were answered ${statuses}. The second one counted as a copy of a spent token.`,
    rule:
      leeway > 0
        ? `For ${leeway} s a spent token gives the same successor again, as long as that is unused. ` +
          'So two tabs, or a phone that repeats itself, are not taken for a thief.'
        : 'The operator has set the reuse leeway to 0. Then every second use of a token ends the session.',
  };
}

async function loseAnswer(): Promise<Outcome> {
  const { refresh_token, refresh_key } = held();
  loseNextAnswer();
  await present(refresh_token, refresh_key).catch(() => undefined); // lost, as it is meant to be
  const { data, response } = await present(refresh_token, refresh_key);
  take(data);
  return {
    happened: data
      ? `The first answer was thrown away on arrival. The same request under the same Idempotency-Key was answered with the same token, ${shorten(data.refresh_token)}.`
      : `The retry was answered ${response.status}.`,
    rule:
      'The key tells a retry from a thief, who does not know it. ' +
      'It holds for 24 hours, as long as the successor is unused.',
  };
}

async function replay(): Promise<Outcome> {
  const { refresh_token: old } = held();
  for (let uses = 0; uses < 2; uses += 1) {
    const { refresh_token, refresh_key } = held();
    take((await present(refresh_token, refresh_key)).data);
  }
  const replayed = await present(old);
  const next = await client.GET('/auth/me');
  return {
    happened:
      `${shorten(old)} was replayed after its successor had been used, and answered ${replayed.response.status}. ` +
      `The session ended at once: the next request was answered ${next.response.status}.`,
    rule:
      'A spent token whose successor was used is a copy, and nobody knows which of the two is the thief. ' +
      'So the whole session ends (RFC 9700 §4.14.2), and the answer does not say why.',
  };
}

async function signOutAndRetry(): Promise<Outcome> {
  const { access_token, refresh_token } = held();
  const out = await client.logout();
  const headers = { Authorization: `Bearer ${access_token}` };
  const list = await client.GET('/todos', { headers });
  const refresh = await present(refresh_token);
  return {
    happened:
      `After the sign-out (${out.response.status}) the old access token was answered ${list.response.status} ` +
      `(“${list.error?.detail ?? 'it still works'}”). The old refresh token was answered ${refresh.response.status}.`,
    rule:
      'Every request looks up its session, so a sign-out holds from the next request on. ' +
      'The access token has not expired, and that does not help it.',
  };
}
