// The rows that every contender starts with, and the tokens that belong to them.
import { createHash, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { v7 as uuid } from 'uuid';

const USER_COUNT = 200;
const TODOS_PER_USER = 20;
/** Only `POST /todos` uses these users, so that the lists of the others stay as they are. */
const WRITER_COUNT = 20;

const DAY_MS = 86_400_000;
const SECRET = randomBytes(32).toString('hex');
const KEY_ID = 'bench';
const ISSUER = 'openapi-todos';

/** All servers have the same secret; the service gets it as a JWK. */
export const TOKEN_VARIABLES = {
  service: {
    JWT_KEYS: JSON.stringify({
      keys: [{ kty: 'oct', kid: KEY_ID, k: Buffer.from(SECRET).toString('base64url') }],
    }),
  },
  peer: { JWT_SECRET: SECRET, JWT_ISSUER: ISSUER, JWT_AUDIENCE: ISSUER },
};

type Row = Record<string, string | number>;

/** Rows by table; every row of a table has the same columns. */
export type Rows = Record<'users' | 'sessions' | 'todos', Row[]>;

export interface SignedInUser {
  accessToken: string;
  refreshToken: string;
  todoIds: string[];
}

export interface Seed {
  rows: Rows;
  users: SignedInUser[];
  writers: SignedInUser[];
}

export async function createSeed(): Promise<Seed> {
  const rows: Rows = { users: [], sessions: [], todos: [] };
  const addUsers = (prefix: string, length: number) =>
    Array.fromAsync({ length }, (_, index) => addUser(rows, `${prefix}-${index}`));
  const users = await addUsers('user', USER_COUNT);
  return { rows, users, writers: await addUsers('writer', WRITER_COUNT) };
}

async function addUser(rows: Rows, username: string): Promise<SignedInUser> {
  const [userId, sessionId, now] = [uuid(), uuid(), Date.now()];
  const refreshToken = randomBytes(32).toString('hex');
  rows.users.push({
    id: userId,
    username,
    username_key: username,
    password_hash: 'none',
    created_at: now,
  });
  rows.sessions.push({
    id: sessionId,
    user_id: userId,
    created_at: now,
    last_used_at: now,
    idle_expires_at: now + 30 * DAY_MS,
    absolute_expires_at: now + 90 * DAY_MS,
    address: '127.0.0.1',
    network: '127.0.0.1',
    user_agent: 'bench',
    token_hash: createHash('sha256').update(refreshToken).digest('hex'),
  });
  const todos = Array.from({ length: TODOS_PER_USER }, (_, index) => todoRow(userId, index, now));
  rows.todos.push(...todos);
  const accessToken = await signAccessToken(username, sessionId);
  return { accessToken, refreshToken, todoIds: todos.map(({ id }) => id) };
}

function todoRow(userId: string, index: number, now: number) {
  const [title, description] = [`Todo ${index}`, `The description of number ${index}`];
  return {
    id: uuid(),
    user_id: userId,
    title,
    description,
    done: index % 2,
    search_text: `${title}\u001f${description}`.toLowerCase(),
    version: 1,
    created_at: now + index,
    updated_at: now + index,
  };
}

function signAccessToken(username: string, sessionId: string): Promise<string> {
  return new SignJWT({ sid: sessionId })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: KEY_ID })
    .setSubject(username)
    .setJti(uuid())
    .setIssuer(ISSUER)
    .setAudience(ISSUER)
    .setIssuedAt()
    .setExpirationTime('1d')
    .sign(Buffer.from(SECRET));
}
