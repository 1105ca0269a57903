// Broken servers: sessions.
import { decodeJwt } from 'jose';
import { bearerOf, jsonOf, textOf, withOthers } from './known.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Sent } from './proxy.ts';
import { answer, as, ask, made, problem, reject, repeat, reply, when } from './words.ts';

const LOGGED_OUT = made(200, { message: 'You have been logged out.' });
const PAIR = { access_token: 'a.b.c', refresh_token: 'a'.repeat(64) };
const ENDED = problem(401, 'session_ended', 'You have been logged out. Please log in again.');
const REFUSED = problem(401, 'invalid_refresh_token', 'Invalid refresh token');

const isLogout = ({ method, path }: Sent) => `${method} ${path}` === 'POST /auth/logout';
const isRefresh = ({ method, path }: Sent) => `${method} ${path}` === 'POST /auth/refresh';
const keyIn = ({ headers }: Sent) => headers['idempotency-key'];
const headerIn = ({ headers }: Sent) => headers['refresh-token'];
const tokenIn = (sent: Sent) => `${jsonOf(sent)['refresh_token'] ?? headerIn(sent)}`;
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
const also = (status: number, another: Partial<Sent>): Fault =>
  answer(status, async (_received, sent, forward) => {
    await forward({ ...sent, ...another });
    return {};
  });
const ALL_SESSIONS = { method: 'DELETE', path: '/auth/sessions', body: '' };
const CURRENT_SESSION = { method: 'POST', path: '/auth/logout', body: '' };

export const sessions: Mutants = {
  refresh: {
    'gives the same refresh token back': async (sent, forward, { marks }) => {
      const token = tokenIn(sent);
      const received = await forward(replaced(sent, latest(marks, token)));
      if (received.status !== 200) return received;
      marks.set(latest(marks, token), textOf(received, 'refresh_token'));
      return { ...received, body: JSON.stringify({ ...jsonOf(received), refresh_token: token }) };
    },
    'lets a spent token work again': async (sent, forward, { marks }) => {
      if (keyIn(sent)) return forward(sent);
      const token = latest(marks, tokenIn(sent));
      const received = await forward(replaced(sent, token));
      if (received.status === 200) marks.set(token, textOf(received, 'refresh_token'));
      return received;
    },
    'does not end the session of a token that is used again': async (sent, forward, { marks }) => {
      if (marks.has(tokenIn(sent)) && !keyIn(sent)) return REFUSED;
      marks.set(tokenIn(sent), 'spent');
      return forward(sent);
    },
    'ends every session of the user when a token is used again': answer(
      401,
      async (_, sent, forward, { accessOf }) => {
        const user = subjectOf(accessOf.get(tokenIn(sent)));
        const tokens = [...accessOf.values()].filter((token) => subjectOf(token) === user);
        for (const token of user ? tokens : []) {
          await forward({ ...sent, ...ALL_SESSIONS, ...as(token) });
        }
        return {};
      },
    ),
    'ignores Idempotency-Key': ask.headers({ 'idempotency-key': undefined }),
    'treats all Idempotency-Keys as the same': ask.headers({ 'idempotency-key': 'any' }),
    'honours an Idempotency-Key although the successor was used': repeat(
      (sent) => keyIn(sent) && `${keyIn(sent)} ${tokenIn(sent)}`,
    ),
    'gives the successor again under any Idempotency-Key': repeat(
      (sent) => keyIn(sent) && tokenIn(sent),
    ),
    'gives the successor again although it was used': repeat(tokenIn),
    'gives the successor again with an access token that does not work': repeat(
      tokenIn,
      ({ body }) => ({ body: JSON.stringify({ ...JSON.parse(body), access_token: 'a.b.c' }) }),
    ),
    'ignores the header': ask.headers({ 'refresh-token': undefined }),
    'ignores the body': when((sent) => !headerIn(sent), reject(400)),
    'ignores the header if there is a body': when(
      (sent) => sent.body !== '',
      ask.headers({ 'refresh-token': undefined }),
    ),
    'rotates the one of two different tokens': when(
      (sent) => headerIn(sent) !== undefined && sent.body !== '',
      async (sent, forward) => {
        const isSame = headerIn(sent) === tokenIn(sent);
        const received = await forward({ ...sent, body: '' });
        return isSame ? received : REFUSED;
      },
    ),
    'answers 401 where there is no token': when(
      (sent) => sent.body === '' && !headerIn(sent),
      reply(REFUSED),
    ),
    'says that a token has been used': answer.body(401, { detail: 'Used', error: 'Used' }),
    'answers 400 to a text that is not a token': when(
      (sent) => !/^[0-9a-f]{64}$/.test(tokenIn(sent)),
      reject(400),
    ),
    'answers 401 to a text of 513 characters': when(
      (sent) => tokenIn(sent).length > 512,
      reply(REFUSED),
    ),
    'answers 400 to a text of 512 characters': when(
      (sent) => tokenIn(sent).length === 512,
      reject(400),
    ),
    'answers 403 to a bad token': answer(401, { status: 403 }),
    'answers a bad token with session_ended': answer.body(401, { code: 'session_ended' }),
    'gives an access token that no operation takes': answer.body(200, PAIR),
    'lists a session with another id after a refresh': {
      onAllRequests: when(
        ({ path }) => path === '/auth/sessions',
        answer.body(200, (_, sent) => ({ id: decodeJwt(bearerOf(sent)).jti })),
      ),
    },
    'ends the access tokens from before the refresh': {
      onAllRequests: async (sent, forward, { marks, accessOf }) => {
        if (isRefresh(sent)) marks.set(accessOf.get(tokenIn(sent)) ?? '', 'old');
        return marks.has(bearerOf(sent)) ? ENDED : forward(sent);
      },
    },
  },
  logout: {
    'ends nothing': reply(LOGGED_OUT),
    'ends the access token only': {
      onAllRequests: async (sent, forward, { marks }) => {
        if (marks.has(bearerOf(sent))) return ENDED;
        if (!isLogout(sent)) return forward(sent);
        marks.set(bearerOf(sent), 'ended');
        return LOGGED_OUT;
      },
    },
    'ends the refresh token only': {
      onAllRequests: async (sent, forward, { marks, refreshOf }) => {
        if (isRefresh(sent) && marks.has(tokenIn(sent))) return REFUSED;
        if (!isLogout(sent)) return forward(sent);
        marks.set(refreshOf.get(bearerOf(sent)) ?? '', 'ended');
        return LOGGED_OUT;
      },
    },
    'ends no access token from before a refresh': {
      onAllRequests: async (sent, forward, { marks, accessOf }) => {
        if (isRefresh(sent)) marks.set(accessOf.get(tokenIn(sent)) ?? '', 'old');
        const received = await forward(sent);
        return received.status === 401 && marks.has(bearerOf(sent)) ? made(200, {}) : received;
      },
    },
    'ends every session of the user': async (sent, forward) => {
      const { status } = await forward({ ...sent, ...ALL_SESSIONS });
      return status === 204 ? LOGGED_OUT : forward(sent);
    },
    'ignores the body': ask.body({ refresh_token: undefined }),
    'rejects spent tokens': {
      onAllRequests: async (sent, forward, { marks }) => {
        if (isRefresh(sent)) marks.set(tokenIn(sent), 'spent');
        return isLogout(sent) && marks.has(tokenIn(sent)) ? REFUSED : forward(sent);
      },
    },
    'does not work without a body': when((sent) => sent.body === '', reject(400)),
    "accepts another user's refresh token": answer(401, LOGGED_OUT),
    "answers 403 to another user's refresh token": answer(401, { status: 403 }),
    "ends the session although the refresh token is another user's": also(401, { body: '' }),
    "ends the session of another user's refresh token": answer(401, async (_, sent, forward) => {
      const refresh = { ...sent, path: '/auth/refresh' };
      await forward(refresh);
      await forward(refresh); // a token that is used again ends its session
      return {};
    }),
    'answers with invalid_access_token afterwards': {
      onAllRequests: answer(401, ({ body }) =>
        body.includes('session_ended') ? problem(401) : {},
      ),
    },
    'answers with another detail afterwards': {
      onAllRequests: answer(401, ({ body }) => ({
        body: body.replaceAll('You have been logged out. Please', 'Please'),
      })),
    },
    'answers 403 afterwards': {
      onAllRequests: answer(401, ({ body }) => ({
        status: body.includes('session_ended') ? 403 : 401,
      })),
    },
  },
  changePassword: {
    'changes nothing': reply(made(204)),
    'does not ask for the current one': answer(403, made(204)),
    'answers 401 to a wrong current one': answer(
      403,
      problem(401, 'invalid_credentials', 'Invalid username or password'),
    ),
    'answers 400 to a wrong current one': answer(403, problem(400)),
    'ends the current session, too': also(204, CURRENT_SESSION),
    'ends the sessions also when the current one is wrong': also(403, ALL_SESSIONS),
    'accepts common ones': ask.body(({ new_password }) => ({
      new_password: new_password === 'password' ? 'k3-Zq7.xW' : new_password,
    })),
    'keeps the old one valid': {
      onAllRequests: async (sent, forward, { marks }) => {
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
    'marks every session as current': answer.body(200, { current: true }),
    'marks no session as current': answer.body(200, { current: false }),
    'shows the current one only': answer.list((items) => items.filter(({ current }) => current)),
    'shows the oldest first': answer.list((items) => items.toReversed()),
    'shows the sessions of all users': answer.list((items, _, { sessions: known }) =>
      withOthers(items, known),
    ),
    'shows no user agent': answer.body(200, { user_agent: '' }),
    'shows an empty address': answer.body(200, { address: '' }),
  },
  revokeSession: {
    'ends nothing': reply(made(204)),
    'answers 204 for an id that does not exist': answer(404, made(204)),
    'ends the current session, too': also(204, CURRENT_SESSION),
    'does not end the current session': when(
      (sent) => sent.path.endsWith(`${decodeJwt(bearerOf(sent))['sid']}`),
      reply(made(204)),
    ),
    "ends another user's session": answer(404, (received, sent, forward, known) => {
      const owner = known.sessions.get(sent.path.split('/').at(-1) ?? '')?.token;
      const isOther = subjectOf(owner) !== subjectOf(bearerOf(sent));
      return owner && isOther ? forward({ ...sent, ...as(owner) }) : received;
    }),
    'ends every session of the user': also(204, ALL_SESSIONS),
  },
  revokeSessions: {
    'ends nothing': reply(made(204)),
    'ends the current one whatever is asked': ask.query({ keep_current: undefined }),
    'keeps the current one whatever is asked': when(
      (sent) => !sent.path.includes('bogus'),
      ask.query({ keep_current: true }),
    ),
  },
};
