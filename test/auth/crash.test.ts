import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { freshDatabase } from '../support/database.ts';
import { BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startProcess } from '../support/service-process.ts';
import { pairOf, type SeededSession, seedSession, seedUser } from '../support/users.ts';

// The process is killed in the middle of load and started again: nothing that it answered is lost,
// nothing that it revoked lives.

const CLIENTS = 12;
const KILLS = Number(process.env['ROUNDS'] ?? 0) > 0 ? 10 : 1;

/** What one client knows when the connection is gone. */
interface Knowledge {
  /** The newest tokens that it was given. */
  access: string;
  token: string;
  /** The key of the refresh that may have gone through without an answer. */
  key: string;
  isLoggedOut: boolean;
  /** Tokens of sessions that have ended, by an answer that it got. */
  dead: { access: string; token: string }[];
  todos: string[];
}

const unreachable = () => undefined;

/** Refreshes and adds todos, and logs out after three rounds, until the service is gone. */
async function use(
  url: string,
  sessions: SeededSession[],
  onAnswer: () => void,
): Promise<Knowledge> {
  const known: Knowledge = {
    access: '',
    token: '',
    key: '',
    isLoggedOut: true,
    dead: [],
    todos: [],
  };
  for (const session of sessions) {
    Object.assign(known, { access: session.access, token: session.refresh, isLoggedOut: false });
    for (let round = 0; round < 3; round += 1) {
      known.key = crypto.randomUUID();
      const answer = await refresh(url, known.token, known.key).catch(unreachable);
      if (!answer) return known;
      const pair = pairOf(answer);
      Object.assign(known, { access: pair.access_token, token: pair.refresh_token, key: '' });
      const todo = await call(url, 'POST /todos', {
        access: known.access,
        body: { title: 'kept' },
      }).catch(unreachable);
      if (!todo) return known;
      expect(todo.status).toBe(201);
      known.todos.push(JSON.parse(todo.text).id);
      onAnswer();
    }
    known.isLoggedOut = true; // as soon as it is sent it may have happened
    const out = await call(url, 'POST /auth/logout', known).catch(unreachable);
    if (!out) return known;
    expect(out.status).toBe(200);
    known.dead.push({ access: known.access, token: known.token });
  }
  return known;
}

async function expectKept(url: string, known: Knowledge): Promise<void> {
  for (const { access, token } of known.dead) {
    expect((await call(url, 'GET /auth/me', { access })).status).toBe(401);
    expect((await refresh(url, token)).status).toBe(401);
  }
  if (known.isLoggedOut) return;
  expect((await call(url, 'GET /auth/me', known)).status).toBe(200);
  for (const id of known.todos) {
    expect((await call(url, `GET /todos/${id}`, known)).status).toBe(200);
  }
  const { refresh_token } = pairOf(await refresh(url, known.token, known.key || undefined));
  pairOf(await refresh(url, refresh_token));
}

test(`after ${KILLS} times kill -9 under load, no answered change is lost and no ended session lives`, async () => {
  await using database = await freshDatabase();
  await using processes = new AsyncDisposableStack();
  const start = async () =>
    processes.use(await startProcess({ ...BEHIND_PROXY, DATABASE_URL: database.url }));
  let server = await start();
  await using db = database.connect();
  const ada = await seedUser(db);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const sessions = await Promise.all(
      Array.from({ length: CLIENTS }, () =>
        Promise.all(Array.from({ length: 8 }, () => seedSession({ db, clock: systemClock }, ada))),
      ),
    );
    const midst = Promise.withResolvers<void>();
    let answers = 0;
    const onAnswer = () => {
      answers += 1;
      if (answers === 20 + 17 * kill) midst.resolve();
    };
    const using = sessions.map((own) => use(server.url, own, onAnswer));
    await midst.promise;
    expect(server.child.kill('SIGKILL')).toBe(true); // it had not ended before
    await server.exited();
    const knowledge = await Promise.all(using);
    server = await start();
    for (const known of knowledge) await expectKept(server.url, known);
  }
}, 600_000);
