// The experiments of the inspector. Each uses the tokens of this session, then says what happened and
// which rule of the service is the reason.
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

/** @throws Error if the user is no longer signed in */
function currentTokens(): Tokens {
  const now = tokens.get();
  if (!now) throw new Error('You are signed out.');
  return now;
}

/** Sends a refresh without the typed client's own token handling. */
function refresh(refresh_token: string, key?: string) {
  const params = { header: key === undefined ? {} : { 'Idempotency-Key': key } };
  return client.POST('/auth/refresh', { params, body: { refresh_token } });
}

/** Stores a new pair as the tokens of this session. */
function storePair(pair: TokenPair | undefined): void {
  if (pair) tokens.set({ ...currentTokens(), ...pair, refresh_key: randomId() });
}

async function expire(): Promise<Outcome> {
  // The page cannot wait until the token expires. The service rejects a damaged token in the same way.
  const { access_token, ...rest } = currentTokens();
  const end = access_token.endsWith('A') ? 'B' : 'A';
  tokens.set({ ...rest, access_token: access_token.slice(0, -8) + end.repeat(8) });
  const { response } = await client.GET('/auth/me');
  return {
    happened:
      'The page damaged its access token. The service rejected it with 401, as it rejects an expired token. ' +
      `The client refreshed once and repeated the request: ${response.status}.`,
    rule:
      'An access token is valid for a short time only. ' +
      'After a 401 with `invalid_token` a client refreshes and repeats the request once (RFC 6750 §3.1).',
  };
}

async function refreshNow(): Promise<Outcome> {
  const { refresh_token, refresh_key } = currentTokens();
  const { data, response } = await refresh(refresh_token, refresh_key);
  storePair(data);
  return {
    happened: data
      ? `${shorten(refresh_token)} is spent, and ${shorten(data.refresh_token)} is current. The answer also had a new access token.`
      : `The service answered ${response.status}.`,
    rule:
      'A refresh token works once: each refresh rotates it (RFC 9700 §4.14.2). ' +
      'The service stores only its hash, so a copy of the database contains no usable token.',
  };
}

async function refreshTwice(): Promise<Outcome> {
  const { refresh_token } = currentTokens();
  const answers = await Promise.all([refresh(refresh_token), refresh(refresh_token)]);
  const [one, other] = answers.map(({ data }) => data);
  storePair(one ?? other);
  const statuses = answers.map(({ response }) => response.status).join(' and ');
  const isSame = one !== undefined && one.refresh_token === other?.refresh_token;
  const { reuseLeewaySeconds: leeway } = settings;
  return {
    happened: isSame
      ? `Both requests were answered ${statuses}, with the same new refresh token ${shorten(one.refresh_token)}. Both tabs stay signed in.`
      : `The requests were answered ${statuses}. The second one counted as reuse of a spent token.`,
    rule:
      leeway > 0
        ? `For ${leeway} s, a spent token gets the same successor again while that is unused. ` +
          'So two tabs, or a phone that repeats a request, do not count as token theft.'
        : 'The operator has set the reuse leeway to 0. Then every second use of a token ends the session.',
  };
}

async function loseAnswer(): Promise<Outcome> {
  const { refresh_token, refresh_key } = currentTokens();
  loseNextAnswer();
  await refresh(refresh_token, refresh_key).catch(() => undefined); // the answer is lost on purpose
  const { data, response } = await refresh(refresh_token, refresh_key);
  storePair(data);
  return {
    happened: data
      ? `The page dropped the first answer. The same request with the same Idempotency-Key was answered with the same token, ${shorten(data.refresh_token)}.`
      : `The retry was answered ${response.status}.`,
    rule:
      'The key shows that the request is a retry: a thief of the token does not know the key. ' +
      'It works for 24 hours while the successor is unused.',
  };
}

async function replay(): Promise<Outcome> {
  const { refresh_token: old } = currentTokens();
  for (let uses = 0; uses < 2; uses += 1) {
    const { refresh_token, refresh_key } = currentTokens();
    storePair((await refresh(refresh_token, refresh_key)).data);
  }
  const replayed = await refresh(old);
  const next = await client.GET('/auth/me');
  return {
    happened:
      `${shorten(old)} was replayed after its successor had been used, and answered ${replayed.response.status}. ` +
      `The session ended at once: the next request was answered ${next.response.status}.`,
    rule:
      'A spent token whose successor was used has two holders, and the service cannot know which one is the thief. ' +
      'So it ends the whole session (RFC 9700 §4.14.2), and the answer does not say why.',
  };
}

async function signOutAndRetry(): Promise<Outcome> {
  const { access_token, refresh_token } = currentTokens();
  const logout = await client.logout();
  const headers = { Authorization: `Bearer ${access_token}` };
  const list = await client.GET('/todos', { headers });
  const refreshed = await refresh(refresh_token);
  return {
    happened:
      `After the sign-out (${logout.response.status}) the old access token was answered ${list.response.status} ` +
      `(“${list.error?.detail ?? 'it still works'}”). The old refresh token was answered ${refreshed.response.status}.`,
    rule:
      'The service looks up the session of every request, so a sign-out applies from the next request on, ' +
      'even though the access token has not expired.',
  };
}
