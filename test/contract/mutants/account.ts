// Broken servers: accounts and sign-in.
import { decodeJwt } from 'jose';
import { bearerOf, type Json, jsonOf, type Known, textOf } from './known.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Sent } from './proxy.ts';
import { answer, as, ask, made, problem, reject, repeat, reply, when } from './words.ts';

const ID = '01a20f3c-c4b1-7248-8f7a-578460daf654';
const PAIR = { access_token: 'a.b.c', refresh_token: 'a'.repeat(64) };
const USER = { id: ID, username: 'somebody', created_at: '2026-01-01T00:00:00.000Z' };

const isUpper = (text: string) => text === text.toUpperCase();
const claimsOf = (token: string) => (token.includes('.') ? decodeJwt(token) : {});
/** An access token of each session of the user of a request, the oldest first. */
const sessionsOf = (sent: Sent, { accessOf }: Known) => {
  const { sub } = claimsOf(bearerOf(sent));
  const tokens = [...accessOf.values()].filter((token) => sub && claimsOf(token).sub === sub);
  return [...new Map(tokens.map((token) => [claimsOf(token)['sid'], token])).values()];
};
/** Answers access tokens with other claims, and replaces them by the real ones in requests. */
const withClaims = (claims: Json) => ({
  onAllRequests: async (...[sent, forward, { marks }]: Parameters<Fault>) => {
    const original = marks.get(bearerOf(sent));
    const received = await forward(original === undefined ? sent : { ...sent, ...as(original) });
    const { access_token: token } = jsonOf(received);
    if (typeof token !== 'string') return received;
    const [head, , signature] = token.split('.');
    const changed = JSON.stringify({ ...decodeJwt(token), ...claims });
    const other = [head, Buffer.from(changed).toString('base64url'), signature].join('.');
    marks.set(other, token);
    return { ...received, body: JSON.stringify({ ...jsonOf(received), access_token: other }) };
  },
});

export const account: Mutants = {
  register: {
    'leaves the time zone out': answer.body(201, { created_at: '2026-01-01T00:00:00' }),
    'gives every user the same id': answer.body(201, { id: ID }),
    'answers with another name': answer.body(201, { username: 'SOMEBODY' }),
    'lets a name be taken twice': answer(409, made(201, USER)),
    'accepts a name that is taken, in another case': when(
      (sent) => isUpper(textOf(sent, 'username')),
      reply(made(201, USER)),
    ),
    'accepts names with an umlaut': when(({ body }) => body.includes('ä'), reply(made(201, USER))),
    'accepts common passwords': ask.body(({ password }) => ({
      password: /^password1?$/i.test(`${password}`) ? 'k3-Zq7.xW' : password,
    })),
    'rejects names of 64 characters': when(
      (sent) => textOf(sent, 'username').length === 64,
      reject(400),
    ),
    'lets a name end in a line break': when(
      (sent) => textOf(sent, 'username').endsWith('\n'),
      reply(made(201, USER)),
    ),
    'counts the bytes of a password, not its characters': when(
      (sent) => Buffer.byteLength(textOf(sent, 'password')) > 128,
      reject(400),
    ),
    'compares the first 72 characters of a password only': {
      onAllRequests: ask.body(({ password }) => {
        const isLong = typeof password === 'string' && [...password].length <= 128;
        return isLong ? { password: [...password].slice(0, 72).join('') } : {};
      }),
    },
  },
  login: {
    'gives a short refresh token': answer.body(200, { refresh_token: 'a'.repeat(32) }),
    'gives an opaque access token': answer.body(200, { access_token: 'a'.repeat(64) }),
    'names no session in its access tokens': withClaims({ sid: undefined }),
    'names another session in its access tokens': withClaims({ sid: ID }),
    'gives all access tokens the same jti': withClaims({ jti: ID }),
    'adds a claim to its access tokens': withClaims({ role: 'user' }),
    'gives an access token that no operation takes': answer.body(200, ({ access_token }) => ({
      access_token: `${access_token}x`,
    })),
    'lets caches keep the answer': answer.headers(200, { 'cache-control': 'private, no-cache' }),
    'accepts any password': answer(401, made(200, PAIR)),
    'accepts a password in any case': ask.body(({ password }) => ({
      password: `${password}`.toLowerCase(),
    })),
    'finds a name in one case only': ask.body(({ username }) => ({
      username: isUpper(`${username}`) ? 'nobody' : username,
    })),
    'gives a user one session only': repeat((sent) => textOf(sent, 'username')),
    'keeps the sessions of a user who has more than 100': {
      onAllRequests: async (sent, forward, known) => {
        const received = await forward(sent);
        const sessions = sessionsOf(sent, known);
        const other = sessions.length > 100 && sessions.at(-1);
        const isEnded = received.body.includes('session_ended');
        return isEnded && other ? forward({ ...sent, ...as(other) }) : received;
      },
    },
    'ends the oldest session of a user who has more than 100': {
      onAllRequests: async (sent, forward, known) => {
        const [oldest = '', ...others] = sessionsOf(sent, known);
        const isOldest = claimsOf(bearerOf(sent))['sid'] === claimsOf(oldest)['sid'];
        return isOldest && others.length >= 100
          ? problem(401, 'session_ended', 'You have been logged out. Please log in again.')
          : forward(sent);
      },
    },
    'ignores new_password': ask.body({ new_password: undefined }),
    'accepts new_password with a wrong password': when(
      (sent) => 'new_password' in jsonOf(sent),
      answer(401, made(200, PAIR)),
    ),
    'says that the name is unknown': answer.body(401, { detail: 'Who?', error: 'Who?' }),
    'has another title for an unknown name': when(
      (sent, { accessOf }) =>
        [...accessOf.values()].every((token) => claimsOf(token).sub !== textOf(sent, 'username')),
      answer.body(401, { title: 'Unknown name' }),
    ),
    'answers a wrong password with invalid_token': answer.headers(401, {
      'www-authenticate': 'Bearer realm="todos", error="invalid_token"',
    }),
    'answers 403 to a wrong password': answer(401, { status: 403 }),
    'answers 400 to a wrong password': answer(401, problem(400)),
  },
  deleteCurrentUser: {
    'deletes nothing': reply(made(204)),
    'does not ask for the password': answer(403, made(204)),
    'ends the sessions of all users': answer(204, async (_, sent, forward, { accessOf }) => {
      for (const token of accessOf.values()) {
        await forward({ ...sent, ...as(token), path: '/auth/sessions', body: '' });
      }
      return {};
    }),
    'answers 401 to a wrong password': answer(403, { status: 401 }),
    'answers a wrong password with another code': answer.body(403, { code: 'registration_closed' }),
  },
  getCurrentUser: {
    'shows the same user to all users': answer.body(200, USER),
    'answers the time of the request': answer.body(200, () => ({
      created_at: new Date().toISOString(),
    })),
    'accepts a token under any scheme': ask.headers(({ authorization }) => ({
      authorization: `${authorization}`.replace(/^(Basic|Bearer)? */, 'Bearer '),
    })),
    'answers another scheme with invalid_access_token': when(
      ({ headers }) => !/^Bearer( |$)/i.test(headers['authorization'] ?? 'Bearer'),
      reject(401),
    ),
    'answers the scheme without a token with authentication_required': when(
      ({ headers }) => /^Bearer *$/i.test(headers['authorization'] ?? ''),
      ask.headers({ authorization: undefined }),
    ),
    'supports the scheme in one case only': when(
      ({ headers }) => `${headers['authorization']}`.startsWith('bearer'),
      ask.headers({ authorization: undefined }),
    ),
    'does not verify signatures': async (sent, forward, { refreshOf }) => {
      const claims = bearerOf(sent).split('.')[1] ?? '';
      const good = [...refreshOf.keys()].find((token) => token.split('.')[1] === claims);
      return forward(good === undefined ? sent : { ...sent, ...as(good) });
    },
    'accepts a refresh token as an access token': async (sent, forward, { accessOf }) =>
      forward({ ...sent, ...as(accessOf.get(bearerOf(sent)) ?? bearerOf(sent)) }),
    'answers 403 to a bad token': answer(401, { status: 403 }),
    'answers a bad token with the code of a wrong password': answer.body(401, {
      code: 'invalid_credentials',
    }),
    'says why a token is bad': answer.body(401, { detail: 'Bad', error: 'Bad' }),
  },
};
