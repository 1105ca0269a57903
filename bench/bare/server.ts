// A minimal server as the limit of what is possible: node:http, prepared statements, and a cache of
// verified tokens. Every request still looks up its session.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { signAccessToken, verifyAccessToken } from './access-token.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';
import { createStore, type TodoRow } from './store.ts';

const { DATABASE_URL = '', PORT = '0' } = process.env;
const SQLITE_PREFIX = 'sqlite:';

const store = createStore(
  DATABASE_URL.startsWith(SQLITE_PREFIX)
    ? openSqlite(DATABASE_URL.slice(SQLITE_PREFIX.length))
    : openPostgres(DATABASE_URL),
);

createServer((request, response) => {
  answer(request, response).catch(() => send(response, 500, { message: 'Internal error' }));
}).listen(Number(PORT), '127.0.0.1');

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  if (method === 'POST' && url === '/auth/refresh') return refresh(request, response);
  const userId = await authenticate(request);
  if (userId === undefined) return send(response, 401, { message: 'Invalid access token' });
  if (method === 'GET' && url === '/todos') return listTodos(userId, response);
  if (method === 'GET' && url.startsWith('/todos/')) {
    return getTodo(userId, url.slice('/todos/'.length), response);
  }
  if (method === 'POST' && url === '/todos') return createTodo(userId, request, response);
  send(response, 404, { message: 'Not found' });
}

async function authenticate(request: IncomingMessage): Promise<string | undefined> {
  const sessionId = verifyAccessToken(request.headers.authorization?.slice('Bearer '.length) ?? '');
  return sessionId === undefined ? undefined : store.findLiveSession(sessionId);
}

async function listTodos(userId: string, response: ServerResponse): Promise<void> {
  const rows = await store.listTodos(userId);
  send(response, 200, rows.map(toTodo));
}

async function getTodo(userId: string, id: string, response: ServerResponse): Promise<void> {
  const row = await store.findTodo(userId, id);
  if (!row) return send(response, 404, { message: 'There is no such todo' });
  send(response, 200, toTodo(row), { ETag: `"${row.version}"` });
}

async function createTodo(userId: string, request: IncomingMessage, response: ServerResponse) {
  const { title, description = '', done = false } = await readJson(request);
  const isValid =
    typeof title === 'string' &&
    title.trim() !== '' &&
    title.length <= 200 &&
    !title.includes('\0');
  if (!isValid || typeof description !== 'string' || typeof done !== 'boolean') {
    return send(response, 400, { message: 'Invalid todo' });
  }
  const now = Date.now();
  const row: TodoRow = {
    id: randomUUID(),
    title,
    description,
    done: Number(done),
    version: 1,
    created_at: now,
    updated_at: now,
  };
  await store.insertTodo(userId, row);
  send(response, 201, toTodo(row), { ETag: '"1"', Location: `/todos/${row.id}` });
}

async function refresh(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { refresh_token: token } = await readJson(request);
  if (typeof token !== 'string') return send(response, 400, { message: 'Invalid refresh token' });
  const rotated = await store.rotateRefreshToken(token);
  if (!rotated) return send(response, 401, { message: 'Invalid refresh token' });
  const body = {
    access_token: signAccessToken(rotated.username, rotated.sessionId),
    refresh_token: rotated.refreshToken,
  };
  send(response, 200, body, { 'Cache-Control': 'no-store' });
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function toTodo(row: TodoRow) {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    done: row.done === 1,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
