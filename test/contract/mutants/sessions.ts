// Broken services: sessions.
import { decodeJwt } from 'jose';
import { bearerOf, type Json, jsonOf } from './known.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Sent } from './proxy.ts';
import {
  answer,
  answerBody,
  answerList,
  answerStatus,
  as,
  askBody,
  askHeaders,
  askQuery,
  instead,
  made,
  pretend,
  problem,
  when,
} from './words.ts';

const GOODBYE = { message: 'You have been logged out.' };
const PAIR = { access_token: 'a.b.c', refresh_token: 'a'.repeat(64) };
const ENDED = problem(401, 'session_ended', 'You have been logged out. Please log in again.');
const REFUSED = problem(401, 'invalid_refresh_token', 'Invalid refresh token');

const is = (method: string, path: string) => (sent: Sent) =>
  sent.method === method && sent.path === path;
const isLogout = is('POST', '/auth/logout');
const isRefresh = is('POST', '/auth/refresh');
const endAll = (sent: Sent): Sent => ({
  ...sent,
  method: 'DELETE',
  path: '/auth/sessions',
  body: '',
});
const tokenIn = (sent: Sent) => `${jsonOf(sent)['refresh_token'] ?? sent.headers['refresh-token']}`;
const replaced = (sent: Sent, token: string): Sent => {
  const { 'refresh-token': header, ...headers } = sent.headers;
  return {
    ...sent,
    headers: header === undefined ? headers : { ...headers, 'refresh-token': token },
    body: sent.body && JSON.stringify({ refresh_token: token }),
  };
};

/** The username of an access token. */
const subjectOf = (token = '') => (token === '' ? undefined : decodeJwt(token).sub);

/** The token that works now, after the rotations of this one. */
const latest = (marks: Map<string, string>, token: string): string => {
  const next = marks.get(token);
  return next === undefined ? token : latest(marks, next);
};

/** Sends another request, too, if the answer has this status. */
const also = (status: number, what: (sent: Sent) => Sent): Fault =>
  answer(status, async (_received, sent, forward) => {
    await forward(what(sent));
    return {};
  });

export const sessions: Mutants = {
  refresh: {
    'gives the same refresh token back': async (sent, forward, { marks }) => {
      const token = tokenIn(sent);
      const received = await forward(replaced(sent, latest(marks, token)));
      if (received.status !== 200) return received;
      marks.set(latest(marks, token), `${jsonOf(received)['refresh_token']}`);
      return { ...received, body: JSON.stringify({ ...jsonOf(received), refresh_token: token }) };
    },
    'lets a spent token work again': async (sent, forward, { marks }) => {
      if (sent.headers['idempotency-key']) return forward(sent);
      const token = latest(marks, tokenIn(sent));
      const received = await forward(replaced(sent, token));
      if (received.status === 200) marks.set(token, `${jsonOf(received)['refresh_token']}`);
      return received;
    },
    'does not end the session of a token that is used again': async (sent, forward, { marks }) => {
      if (marks.has(tokenIn(sent)) && !sent.headers['idempotency-key']) return REFUSED;
      marks.set(tokenIn(sent), 'spent');
      return forward(sent);
    },
    'ends every session of the user when a token is used again': answer(
      401,
      async (_, sent, forward, { accessOf }) => {
        const user = subjectOf(accessOf.get(tokenIn(sent)));
        const tokens = [...accessOf.values()].filter((token) => subjectOf(token) === user);
        for (const token of user ? tokens : []) await forward(endAll({ ...sent, ...as(token) }));
        return {};
      },
    ),
    'ignores Idempotency-Key': askHeaders(() => ({ 'idempotency-key': undefined })),
    'treats all Idempotency-Keys as the same': askHeaders(() => ({
      'idempotency-key': 'any',
    })),
    'honours an Idempotency-Key although the successor was used': async (
      sent,
      forward,
      { marks },
    ) => {
      const key = `${sent.headers['idempotency-key']} ${tokenIn(sent)}`;
      const before = sent.headers['idempotency-key'] && marks.get(key);
      if (before) return made(200, JSON.parse(before));
      const received = await forward(sent);
      if (received.status === 200) marks.set(key, received.body);
      return received;
    },
    'gives the successor again although it was used': async (sent, forward, { marks }) => {
      const before = marks.get(tokenIn(sent));
      if (before !== undefined) return made(200, JSON.parse(before));
      const received = await forward(sent);
      if (received.status === 200) marks.set(tokenIn(sent), received.body);
      return received;
    },
    'gives the successor again with an access token that does not work': async (
      sent,
      forward,
      { marks },
    ) => {
      const before = marks.get(tokenIn(sent));
      if (before !== undefined) return made(200, { ...PAIR, refresh_token: before });
      const received = await forward(sent);
      const successor = jsonOf(received)['refresh_token'];
      if (received.status === 200) marks.set(tokenIn(sent), `${successor}`);
      return received;
    },
    'ignores the header': askHeaders(() => ({ 'refresh-token': undefined })),
    'ignores the body': when((sent) => !sent.headers['refresh-token'], pretend(400)),
    'ignores the header if there is a body': when(
      (sent) => sent.body !== '',
      askHeaders(() => ({ 'refresh-token': undefined })),
    ),
    'rotates the one of two different tokens': when(
      (sent) => sent.headers['refresh-token'] !== undefined && sent.body !== '',
      async (sent, forward) => {
        const isSame = sent.headers['refresh-token'] === tokenIn(sent);
        const received = await forward({ ...sent, body: '' });
        return isSame ? received : REFUSED;
      },
    ),
    'answers 401 where there is no token': when(
      (sent) => sent.body === '' && !sent.headers['refresh-token'],
      async () => REFUSED,
    ),
    'says that a token has been used': answerBody(401, (body) => ({
      ...body,
      ...{
        detail: 'This refresh token was used already',
        error: 'This refresh token was used already',
      },
    })),
    'answers 400 to a text that is not a token': when(
      (sent) => !/^[0-9a-f]{64}$/.test(tokenIn(sent)),
      async () => problem(400, 'invalid_request', 'malformed'),
    ),
    'answers 401 to a text of 513 characters': when(
      (sent) => tokenIn(sent).length > 512,
      async () => REFUSED,
    ),
    'answers 400 to a text of 512 characters': when(
      (sent) => tokenIn(sent).length === 512,
      async () => problem(400, 'invalid_request', 'too long'),
    ),
    'answers 403 to a bad token': answerStatus(401, 403),
    'answers a bad token with session_ended': answerBody(401, (body) => ({
      ...body,
      code: 'session_ended',
    })),
    'answers 201': answerStatus(200, 201),
    'adds expires_in': answerBody(200, (pair) => ({ ...pair, expires_in: 900 })),
    'gives an access token only': answerBody(200, ({ access_token }) => ({ access_token })),
    'gives an access token that no operation takes': answerBody(200, () => PAIR),
    'ends the access tokens from before the refresh': {
      everywhere: async (sent, forward, { marks, accessOf }) => {
        if (isRefresh(sent)) marks.set(accessOf.get(tokenIn(sent)) ?? '', 'old');
        return marks.has(bearerOf(sent)) ? ENDED : forward(sent);
      },
    },
  },
  logout: {
    'ends nothing': pretend(200, GOODBYE),
    'ends the access token only': {
      everywhere: async (sent, forward, { marks }) => {
        if (isLogout(sent) && !marks.has(bearerOf(sent))) {
          marks.set(bearerOf(sent), 'ended');
          return made(200, GOODBYE);
        }
        return marks.has(bearerOf(sent)) ? ENDED : forward(sent);
      },
    },
    'ends the refresh token only': {
      everywhere: async (sent, forward, { marks, refreshOf }) => {
        if (isLogout(sent)) marks.set(refreshOf.get(bearerOf(sent)) ?? '', 'ended');
        if (isLogout(sent)) return made(200, GOODBYE);
        return isRefresh(sent) && marks.has(tokenIn(sent)) ? REFUSED : forward(sent);
      },
    },
    'ends every session of the user': async (sent, forward) => {
      const { status } = await forward(endAll(sent));
      return status === 204 ? made(200, GOODBYE) : forward(sent);
    },
    'ignores the body': askBody(() => ({})),
    'rejects spent tokens': {
      everywhere: async (sent, forward, { marks }) => {
        if (isRefresh(sent)) marks.set(tokenIn(sent), 'spent');
        return isLogout(sent) && marks.has(tokenIn(sent)) ? REFUSED : forward(sent);
      },
    },
    'does not work without a body': when((sent) => sent.body === '', pretend(400)),
    'answers 204': answer(200, () => made(204)),
    'answers an empty object': answerBody(200, () => ({})),
    'adds a member': answerBody(200, (body) => ({ ...body, success: true })),
    "accepts another user's refresh token": instead(401, 200, GOODBYE),
    "answers 403 to another user's refresh token": answerStatus(401, 403),
    "ends the session although the refresh token is another user's": also(401, (sent) => ({
      ...sent,
      body: '',
    })),
    "ends the session of another user's refresh token": answer(401, async (_, sent, forward) => {
      const refresh = { ...sent, path: '/auth/refresh' };
      await forward(refresh);
      await forward(refresh); // a token that is used again ends its session
      return {};
    }),
    'answers with invalid_access_token afterwards': {
      everywhere: answer(401, (received) =>
        received.body.includes('session_ended')
          ? problem(401, 'invalid_access_token', 'Invalid access token')
          : received,
      ),
    },
    'answers with another detail afterwards': {
      everywhere: answer(401, ({ body }) => ({
        body: body.replaceAll('You have been logged out. Please', 'Please'),
      })),
    },
    'answers 403 afterwards': {
      everywhere: answer(401, ({ status, body }) => ({
        status: body.includes('session_ended') ? 403 : status,
      })),
    },
  },
  changePassword: {
    'answers 200 with a message': answer(204, () => made(200, { message: 'Changed' })),
    'changes nothing': pretend(204),
    'does not ask for the current one': instead(403, 204),
    'answers 401 to a wrong current one': answer(403, () =>
      problem(401, 'invalid_credentials', 'Invalid username or password'),
    ),
    'answers 400 to a wrong current one': answer(403, () => problem(400, 'invalid_request', 'No')),
    'ends the current session, too': also(204, (sent) => ({
      ...sent,
      method: 'POST',
      path: '/auth/logout',
      body: '',
    })),
    'ends the sessions also when the current one is wrong': also(403, endAll),
    'accepts common ones': askBody((body) => ({
      ...body,
      new_password:
        body['new_password'] === 'password' ? crypto.randomUUID() : body['new_password'],
    })),
    'keeps the old one valid': {
      everywhere: async (sent, forward, { marks }) => {
        const { current_password, new_password, password } = jsonOf(sent);
        const body = JSON.stringify({ ...jsonOf(sent), password: latest(marks, `${password}`) });
        const received = await forward(password === undefined ? sent : { ...sent, body });
        if (new_password && received.status === 204 && marks.size === 0) {
          marks.set(`${current_password}`, `${new_password}`);
        }
        return received;
      },
    },
  },
  listSessions: {
    'marks every session as current': answerList((items) =>
      items.map((item) => ({ ...item, current: true })),
    ),
    'marks no session as current': answerList((items) =>
      items.map((item) => ({ ...item, current: false })),
    ),
    'shows the current one only': answerList((items) => items.filter((item) => item['current'])),
    'shows the oldest first': answerList((items) => items.toReversed()),
    'shows the sessions of all users': answerList((items, _, known) =>
      others(items, known.sessions),
    ),
    'shows no user agent': answerList((items) =>
      items.map((item) => ({ ...item, user_agent: '' })),
    ),
    'shows no address': answerList((items) => items.map(({ address: _, ...item }) => item)),
    'shows an empty address': answerList((items) =>
      items.map((item) => ({ ...item, address: '' })),
    ),
    'shows the hashes of tokens': answerList((items) =>
      items.map((item) => ({ ...item, token_hash: 'a' })),
    ),
    'leaves last_used_at out': answerList((items) =>
      items.map(({ last_used_at: _, ...item }) => item),
    ),
    'wraps the list': answer(200, ({ body }) => ({ body: `{"items":${body}}` })),
  },
  revokeSession: {
    'ends nothing': pretend(204),
    'answers 200': answer(204, () => made(200, {})),
    'answers 204 for an id that does not exist': instead(404, 204),
    'ends the current session, too': also(204, (sent) => ({
      ...sent,
      method: 'POST',
      path: '/auth/logout',
    })),
    "ends another user's session": answer(404, (received, sent, forward, known) => {
      const owner = known.sessions.get(sent.path.split('/').at(-1) ?? '')?.token;
      const isOther = subjectOf(owner) !== subjectOf(bearerOf(sent));
      return owner && isOther ? forward({ ...sent, ...as(owner) }) : received;
    }),
    "answers 403 for another user's session": answerStatus(404, 403),
    'ends every session of the user': also(204, endAll),
  },
  revokeSessions: {
    'ends nothing': pretend(204),
    'ends the current one whatever is asked': askQuery(() => ({ keep_current: undefined })),
    'keeps the current one whatever is asked': when(
      (sent) => !sent.path.includes('bogus'),
      askQuery(() => ({ keep_current: true })),
    ),
    'answers with a count': answer(204, () => made(200, { ended: 2 })),
  },
};

/** The list with the items of other users. */
function others(items: Json[], all: Map<string, { item: Json }>): Json[] {
  const ids = new Set(items.map(({ id }) => id));
  const more = [...all.values()].map(({ item }) => ({ ...item, current: false }));
  return [...items, ...more.filter((item) => !ids.has(Reflect.get(item, 'id')))];
}
