// The routes of both Fastify peers.
import { randomUUID } from 'node:crypto';
import fastifyJwt from '@fastify/jwt';
import { openDatabase } from './database.js';
import { createTodo, findLiveSession, findTodo, listTodos, rotateRefreshToken } from './queries.js';
import { createTodoSchema, getTodoSchema, listTodosSchema, refreshSchema } from './schemas.js';

const { DATABASE_URL, JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE, PORT } = process.env;

/** Adds the routes to a Fastify instance and listens. */
export async function serveTodos(app) {
  const db = openDatabase(DATABASE_URL);
  await app.register(fastifyJwt, {
    secret: JWT_SECRET,
    sign: { iss: JWT_ISSUER, aud: JWT_AUDIENCE, expiresIn: '15m' },
    verify: { allowedIss: JWT_ISSUER, allowedAud: JWT_AUDIENCE, algorithms: ['HS256'] },
  });
  app.decorateRequest('session', null);
  app.decorate('authenticate', async (request, reply) => {
    const { sid } = await request.jwtVerify();
    request.session = await findLiveSession(db, sid);
    if (!request.session) return reply.code(401).send(errorBody(401, 'The session has ended'));
  });
  const onRequest = [app.authenticate];

  app.get('/todos', { onRequest, schema: listTodosSchema }, async (request, reply) => {
    const { todos, link } = await listTodos(db, request.session.userId, request.query);
    if (link) reply.header('Link', link);
    return todos;
  });

  app.get('/todos/:todo_id', { onRequest, schema: getTodoSchema }, async (request, reply) => {
    const found = await findTodo(db, request.session.userId, request.params.todo_id.toLowerCase());
    if (!found) return reply.code(404).send(errorBody(404, 'There is no such todo'));
    const tag = `"${found.version}"`;
    reply.header('ETag', tag);
    if (request.headers['if-none-match'] === tag) return reply.code(304).send();
    return found.todo;
  });

  app.post('/todos', { onRequest, schema: createTodoSchema }, async (request, reply) => {
    const { todo, version } = await createTodo(db, request.session.userId, request.body);
    reply.code(201).header('Location', `/todos/${todo.id}`).header('ETag', `"${version}"`);
    return todo;
  });

  app.post('/auth/refresh', { schema: refreshSchema }, async (request, reply) => {
    const rotated = await rotateRefreshToken(db, request.body.refresh_token);
    if (!rotated) return reply.code(401).send(errorBody(401, 'Invalid refresh token'));
    const { sessionId, username, refreshToken } = rotated;
    const claims = { sid: sessionId, jti: randomUUID() };
    reply.header('Cache-Control', 'no-store');
    return { access_token: app.jwt.sign(claims, { sub: username }), refresh_token: refreshToken };
  });

  await app.listen({ host: '127.0.0.1', port: Number(PORT) });
}

function errorBody(statusCode, message) {
  return { statusCode, message };
}
