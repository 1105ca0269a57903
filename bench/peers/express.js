// Express with express-openapi-validator and the service's contract, in the way that its README shows.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import OpenApiValidator from 'express-openapi-validator';
import jwt from 'jsonwebtoken';
import { openDatabase } from './database.js';
import { createTodo, findLiveSession, findTodo, listTodos, rotateRefreshToken } from './queries.js';

const { CONTRACT, DATABASE_URL, JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE, PORT } = process.env;
const db = openDatabase(DATABASE_URL);
const app = express();

app.use(express.json());
app.use(
  OpenApiValidator.middleware({
    apiSpec: JSON.parse(readFileSync(CONTRACT, 'utf8')).document,
    validateRequests: true,
    validateResponses: true,
    validateSecurity: { handlers: { bearerAuth: authenticate } },
  }),
);

app.get('/todos', async (request, response) => {
  const { todos, link } = await listTodos(db, request.session.userId, request.query);
  if (link) response.set('Link', link);
  response.json(todos);
});

app.get('/todos/:todo_id', async (request, response) => {
  const id = request.params.todo_id.toLowerCase();
  const found = await findTodo(db, request.session.userId, id);
  if (!found) return sendProblem(response, 404, 'There is no such todo');
  // Express itself answers 304 if `If-None-Match` has this tag.
  response.set('ETag', `"${found.version}"`).json(found.todo);
});

app.post('/todos', async (request, response) => {
  const { todo, version } = await createTodo(db, request.session.userId, request.body);
  response
    .status(201)
    .set({ Location: `/todos/${todo.id}`, ETag: `"${version}"` })
    .json(todo);
});

app.post('/auth/refresh', async (request, response) => {
  const rotated = await rotateRefreshToken(db, request.body.refresh_token);
  if (!rotated) return sendProblem(response, 401, 'Invalid refresh token');
  const { sessionId, username, refreshToken } = rotated;
  const accessToken = jwt.sign({ sid: sessionId, jti: randomUUID() }, JWT_SECRET, {
    subject: username,
    issuer: JWT_ISSUER,
    audience: JWT_AUDIENCE,
    expiresIn: '15m',
  });
  response.set('Cache-Control', 'no-store');
  response.json({ access_token: accessToken, refresh_token: refreshToken });
});

// Express recognizes an error handler by its four parameters.
app.use((error, _request, response, _next) => {
  response.status(error.status ?? 500).json({ message: error.message, errors: error.errors });
});

app.listen(Number(PORT), '127.0.0.1');

async function authenticate(request) {
  const token = request.get('Authorization').replace(/^Bearer /, '');
  const { sid } = jwt.verify(token, JWT_SECRET, {
    algorithms: ['HS256'],
    issuer: JWT_ISSUER,
    audience: JWT_AUDIENCE,
  });
  request.session = await findLiveSession(db, sid);
  return request.session !== undefined;
}

/** The contract requires a problem (RFC 9457) for an error. */
function sendProblem(response, status, detail) {
  const code = status === 404 ? 'not_found' : 'invalid_refresh_token';
  const title = status === 404 ? 'Not Found' : 'Unauthorized';
  response.status(status).type('application/problem+json');
  response.json({ type: 'about:blank', title, status, detail, code, error: detail });
}
