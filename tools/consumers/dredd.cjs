// What Dredd cannot take from the contract: a token, ids of what exists, and how to bring an error about.
// So each request is one of a new user, and only what succeeds is asked for.
const { beforeEach, beforeEachValidation } = require('hooks');

const EXAMPLE = {
  todo: '019ab1d0-5c00-7a5e-8c1d-3f6b9e2d4a01',
  session: '019ab1d0-5c00-7000-8000-00000000000a',
  refreshToken: '5f2c1e0d9b8a77665544332211000f1e2d3c4b5a69788796a5b4c3d2e1f00112',
};
let users = 0;

beforeEach(async (transaction, done) => {
  const { request, expected } = transaction;
  transaction.skip = expected.statusCode >= '400';
  if (!transaction.skip) await fillIn(transaction, request, expected);
  done();
});

async function fillIn(transaction, request, expected) {
  const { token, refreshToken, session, todo, etag } = await newUser();
  const withIds = (text) =>
    text
      .replace(EXAMPLE.todo, todo)
      .replace(EXAMPLE.session, session)
      .replace(EXAMPLE.refreshToken, refreshToken);
  transaction.fullPath = withIds(transaction.fullPath);
  request.body = withIds(request.body);
  for (const name of ['If-Match', 'If-None-Match', 'Refresh-Token', 'Idempotency-Key']) {
    delete request.headers[name]; // they are optional
  }
  request.headers.Authorization = `Bearer ${token}`;
  if (expected.statusCode === '304') request.headers['If-None-Match'] = etag;
}

/** A user with a session and a todo; the password is that of the contract's examples. */
async function newUser() {
  const credentials = { username: `dredd-${users++}`, password: 'testpass123' };
  await post('/auth/register', credentials);
  const { body: pair } = await post('/auth/login', credentials);
  const { body: todo, etag } = await post('/todos', { title: 'Buy milk' }, pair.access_token);
  const [, claims] = pair.access_token.split('.');
  const { sid } = JSON.parse(Buffer.from(claims, 'base64url'));
  return {
    token: pair.access_token,
    refreshToken: pair.refresh_token,
    session: sid,
    todo: todo.id,
    etag,
  };
}

async function post(path, body, token) {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(process.env.URL + path, init);
  if (!response.ok) throw new Error(`POST ${path}: ${await response.text()}`);
  return { body: await response.json(), etag: response.headers.get('ETag') };
}

beforeEachValidation(({ real, expected }) => {
  // Dredd compares the whole text: `charset` and a `Link` that the last page lacks are no faults.
  real.headers['content-type'] = real.headers['content-type']?.replace(/;.*/, '');
  delete expected.headers.Link;
});
