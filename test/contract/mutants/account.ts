// Broken services: accounts and sign-in.
import { randomBytes } from 'node:crypto';
import { decodeJwt, type JWTPayload } from 'jose';
import { bearerOf, jsonOf, type Known } from './known.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Sent } from './proxy.ts';
import {
  answer,
  answerBody,
  answerHeaders,
  answerStatus,
  as,
  askBody,
  askHeaders,
  instead,
  made,
  pretend,
  problem,
  when,
} from './words.ts';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');
const ID = '01a20f3c-c4b1-7248-8f7a-578460daf654';
const PAIR = { access_token: 'a.b.c', refresh_token: hex(32) };
const USER = { id: ID, username: 'somebody', created_at: '2026-01-01T00:00:00.000Z' };

const isUpper = (text: unknown) => text === String(text).toUpperCase();
const truncated = (text: unknown) =>
  typeof text === 'string' && [...text].length <= 128 ? [...text].slice(0, 72).join('') : text;
const uncommon = (text: unknown) => (/^password1?$/i.test(`${text}`) ? hex(9) : text);
const claimsOf = (token: string) => (token.includes('.') ? decodeJwt(token) : {});
/** An access token of each session of the user of a request, the oldest first. */
const sessionsOf = (sent: Sent, { accessOf }: Known) => {
  const { sub } = claimsOf(bearerOf(sent));
  const tokens = [...accessOf.values()].filter((token) => sub && claimsOf(token).sub === sub);
  return [...new Map(tokens.map((token) => [claimsOf(token)['sid'], token])).values()];
};
/** Answers access tokens with other claims, and replaces them by the real ones in requests. */
const withOtherClaims = (change: (claims: JWTPayload) => object) => ({
  everywhere: async (...[sent, forward, { marks }]: Parameters<Fault>) => {
    const original = marks.get(bearerOf(sent));
    const received = await forward(original === undefined ? sent : { ...sent, ...as(original) });
    const { access_token: token } = jsonOf(received);
    if (typeof token !== 'string') return received;
    const [head, , signature] = token.split('.');
    const claims = Buffer.from(JSON.stringify(change(decodeJwt(token)))).toString('base64url');
    const other = [head, claims, signature].join('.');
    marks.set(other, token);
    return { ...received, body: JSON.stringify({ ...jsonOf(received), access_token: other }) };
  },
});
const invalid = (detail: string) => problem(400, 'invalid_request', detail);

export const account: Mutants = {
  register: {
    'answers 200': answerStatus(201, 200),
    'leaves created_at out': answerBody(201, ({ created_at: _, ...user }) => user),
    'shows the hash of the password': answerBody(201, (user) => ({ ...user, password_hash: '$' })),
    'numbers its users': answerBody(201, (user) => ({ ...user, id: 42 })),
    'leaves the time zone out': answerBody(201, (user) => ({
      ...user,
      created_at: '2026-01-01T00:00:00',
    })),
    'gives a token pair instead of the user': answerBody(201, () => PAIR),
    'gives every user the same id': answerBody(201, (user) => ({ ...user, id: ID })),
    'answers with another name': answerBody(201, (user) => ({ ...user, username: 'SOMEBODY' })),
    'lets a name be taken twice': instead(409, 201, USER),
    'accepts a name that is taken, in another case': when(
      (sent) => isUpper(jsonOf(sent)['username']),
      pretend(201, USER),
    ),
    'accepts names with an umlaut': when((sent) => sent.body.includes('ä'), pretend(201, USER)),
    'accepts common passwords': askBody((body) => ({
      ...body,
      password: uncommon(body['password']),
    })),
    'rejects names of 64 characters': when(
      (sent) => `${jsonOf(sent)['username']}`.length === 64,
      async () => invalid('too long'),
    ),
    'lets a name end in a line break': when(
      (sent) => `${jsonOf(sent)['username']}`.endsWith('\n'),
      pretend(201, USER),
    ),
    'counts the bytes of a password, not its characters': when(
      (sent) => Buffer.byteLength(`${jsonOf(sent)['password']}`) > 128,
      async () => invalid('too long'),
    ),
    'compares the first 72 characters of a password only': {
      everywhere: askBody((body) =>
        'password' in body ? { ...body, password: truncated(body['password']) } : body,
      ),
    },
    'answers with another code for a name that is taken': answerBody(409, (body) => ({
      ...body,
      code: 'invalid_request',
    })),
    'answers 422 to a name that is taken': answerStatus(409, 422),
  },
  login: {
    'answers 201': answerStatus(200, 201),
    'adds expires_in': answerBody(200, (pair) => ({ ...pair, expires_in: 900 })),
    'adds token_type': answerBody(200, (pair) => ({ ...pair, token_type: 'Bearer' })),
    'gives no refresh token': answerBody(200, ({ access_token }) => ({ access_token })),
    'gives a short refresh token': answerBody(200, (pair) => ({ ...pair, refresh_token: hex(16) })),
    'gives an opaque access token': answerBody(200, (pair) => ({ ...pair, access_token: hex(32) })),
    'names no session in its access tokens': withOtherClaims(({ sid: _, ...claims }) => claims),
    'names another session in its access tokens': withOtherClaims((claims) => ({
      ...claims,
      sid: ID,
    })),
    'gives all access tokens the same jti': withOtherClaims((claims) => ({ ...claims, jti: ID })),
    'adds a claim to its access tokens': withOtherClaims((claims) => ({
      ...claims,
      role: 'user',
    })),
    'gives an access token that no operation takes': answerBody(200, (pair) => ({
      ...pair,
      access_token: `${pair['access_token']}x`,
    })),
    'lets caches keep the answer': answerHeaders(200, () => ({
      'cache-control': 'private, no-cache',
    })),
    'accepts any password': instead(401, 200, PAIR),
    'accepts a password in any case': askBody((body) => ({
      ...body,
      password: `${body['password']}`.toLowerCase(),
    })),
    'finds a name in one case only': askBody((body) => ({
      ...body,
      username: isUpper(body['username']) ? 'nobody' : body['username'],
    })),
    'gives a user one session only': async (sent, forward, { marks }) => {
      const { username } = jsonOf(sent);
      const body = marks.get(`${username}`) ?? (await forward(sent)).body;
      marks.set(`${username}`, body);
      return made(200, JSON.parse(body));
    },
    'keeps the sessions of a user who has more than 100': {
      everywhere: async (sent, forward, known) => {
        const received = await forward(sent);
        const sessions = sessionsOf(sent, known);
        const other = sessions.length > 100 && sessions.at(-1);
        const isEnded = received.body.includes('session_ended');
        return isEnded && other ? forward({ ...sent, ...as(other) }) : received;
      },
    },
    'ends the oldest session of a user who has more than 100': {
      everywhere: async (sent, forward, known) => {
        const [oldest = '', ...others] = sessionsOf(sent, known);
        const isOldest = claimsOf(bearerOf(sent))['sid'] === claimsOf(oldest)['sid'];
        return isOldest && others.length >= 100
          ? problem(401, 'session_ended', 'You have been logged out. Please log in again.')
          : forward(sent);
      },
    },
    'ignores new_password': askBody(({ new_password: _, ...body }) => body),
    'accepts new_password with a wrong password': when(
      (sent) => jsonOf(sent)['new_password'] !== undefined,
      instead(401, 200, PAIR),
    ),
    'says that the name is unknown': answerBody(401, (body, sent) => ({
      ...body,
      ...{ detail: jsonOf(sent)['username'], error: jsonOf(sent)['username'] },
    })),
    'answers 401 without a challenge': answerHeaders(401, () => ({
      'www-authenticate': undefined,
    })),
    'answers a wrong password with invalid_token': answerHeaders(401, () => ({
      'www-authenticate': 'Bearer realm="todos", error="invalid_token"',
    })),
    'challenges for Basic': answerHeaders(401, () => ({
      'www-authenticate': 'Basic realm="todos"',
    })),
    'answers 403 to a wrong password': answerStatus(401, 403),
    'answers 400 to a wrong password': answer(401, () => invalid('wrong')),
  },
  deleteCurrentUser: {
    'answers 200': answerStatus(204, 200),
    'deletes nothing': pretend(204),
    'does not ask for the password': instead(403, 204),
    'answers 401 to a wrong password': answerStatus(403, 401),
    'answers a wrong password with another code': answerBody(403, (body) => ({
      ...body,
      code: 'registration_closed',
    })),
  },
  getCurrentUser: {
    'shows the same user to all users': answerBody(200, () => USER),
    'leaves the name out': answerBody(200, ({ username: _, ...user }) => user),
    'wraps the user in data': answerBody(200, (user) => ({ data: user })),
    'answers the time of the request': answerBody(200, (user) => ({
      ...user,
      created_at: new Date().toISOString(),
    })),
    'accepts a token under any scheme': askHeaders(({ authorization }) => ({
      authorization: `${authorization}`.replace(/^(Basic|Bearer)? */, 'Bearer '),
    })),
    'answers another scheme with invalid_access_token': when(
      ({ headers }) => !/^Bearer( |$)/i.test(headers['authorization'] ?? 'Bearer'),
      async () => problem(401, 'invalid_access_token', 'Invalid access token'),
    ),
    'answers the scheme without a token with authentication_required': when(
      ({ headers }) => /^Bearer *$/i.test(headers['authorization'] ?? ''),
      askHeaders(() => ({ authorization: undefined })),
    ),
    'supports the scheme in one case only': askHeaders(({ authorization }) => ({
      authorization: `${authorization ?? ''}`.startsWith('bearer') ? 'Basic a' : authorization,
    })),
    'does not verify signatures': async (sent, forward, { refreshOf }) => {
      const claims = bearerOf(sent).split('.')[1] ?? '';
      const good = [...refreshOf.keys()].find((token) => token.split('.')[1] === claims);
      return forward(good === undefined ? sent : { ...sent, ...as(good) });
    },
    'accepts a refresh token as an access token': async (sent, forward, { accessOf }) =>
      forward({ ...sent, ...as(accessOf.get(bearerOf(sent)) ?? bearerOf(sent)) }),
    'answers 403 to a bad token': answerStatus(401, 403),
    'answers a bad token with the code of a wrong password': answerBody(401, (body) => ({
      ...body,
      code: 'invalid_credentials',
    })),
    'says why a token is bad': answerBody(401, (body) => ({
      ...body,
      ...{ detail: 'signature verification failed', error: 'signature verification failed' },
    })),
  },
};
