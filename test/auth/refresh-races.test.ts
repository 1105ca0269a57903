import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { freshDatabase } from '../support/database.ts';
import { BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { openConnection, refreshRequest } from '../support/raw-connection.ts';
import { startProcess } from '../support/service-process.ts';
import { pairOf, type SeededUser, seedSession, seedUser } from '../support/users.ts';

// Eight uses of one refresh token at a start gun, beside four writers, in processes of their own:
// all get 200 and one successor, which works. PostgreSQL: the same tests on two nodes.

const ROUNDS = Number(process.env['ROUNDS'] ?? 4);
const USES = 8;
const WRITERS = 4;

const LAYOUTS = [
  { layout: 'two workers behind one port', services: [{ WORKERS: '2' }] },
  { layout: 'two services on one database', services: [{}, {}] },
];

/** The processes of a layout on a new database. */
async function startProcesses(services: Record<string, string>[]) {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await freshDatabase());
  const start = async (variables: Record<string, string>) =>
    stack.use(await startProcess({ ...BEHIND_PROXY, DATABASE_URL: database.url, ...variables }));
  const servers = await Promise.all(services.map(start));
  const db = stack.use(database.connect());
  const opened = stack.move();
  return {
    db,
    servers,
    urlOf: (index: number) => servers[index % servers.length]?.url ?? '',
    seed: (user: SeededUser) => seedSession({ db, clock: systemClock }, user),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

type Processes = Awaited<ReturnType<typeof startProcesses>>;

/** Adds todos and refreshes a session of its own until it is stopped. */
async function write({ db, urlOf, seed }: Processes, index: number, isStopped: () => boolean) {
  const own = await seed(await seedUser(db));
  let pair = { access_token: own.access, refresh_token: own.refresh };
  while (!isStopped()) {
    const request = { access: pair.access_token, body: { title: 'written' } };
    expect((await call(urlOf(index), 'POST /todos', request)).status).toBe(201);
    pair = pairOf(await refresh(urlOf(index + 1), pair.refresh_token));
  }
}

test.each(LAYOUTS)(
  `$layout: ${ROUNDS} rounds of ${USES} refreshes at once with one token, beside ${WRITERS} writers: all get 200 and one successor`,
  async ({ services }) => {
    await using processes = await startProcesses(services);
    const { db, servers, urlOf, seed } = processes;
    const connections = await Promise.all(
      Array.from({ length: USES }, (_, index) => openConnection(urlOf(index))),
    );
    const ada = await seedUser(db);
    let isStopped = false;
    const writers = Array.from({ length: WRITERS }, (_, index) =>
      write(processes, index, () => isStopped),
    );
    for (let round = 0; round < ROUNDS; round += 1) {
      const session = await seed(ada);
      const shots = Promise.all(connections.map((connection) => connection.answer()));
      for (const { socket } of connections) socket.write(refreshRequest(session.refresh));
      const answers = await shots;
      expect(answers.map(({ status }) => status)).toEqual(connections.map(() => 200));
      const pairs = answers.map(pairOf);
      const [successor = '', ...others] = new Set(pairs.map((pair) => pair.refresh_token));
      expect(others).toEqual([]);
      for (const [index, { access_token: access }] of pairs.entries()) {
        expect((await call(urlOf(index), 'GET /auth/me', { access })).status).toBe(200);
      }
      pairOf(await refresh(urlOf(round), successor));
    }
    isStopped = true;
    await Promise.all(writers);
    for (const { child } of servers) {
      expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    }
  },
  1_800_000,
);

test.each(LAYOUTS)(
  '$layout: after a logout at one process the next request at the other is rejected',
  async ({ services }) => {
    await using processes = await startProcesses(services);
    const { db, urlOf, seed } = processes;
    const bob = await seedUser(db);
    const [here, there] = [urlOf(0), urlOf(1)];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { access, refresh: token } = await seed(bob);
      const late = refresh(there, token);
      expect((await call(here, 'POST /auth/logout', { access })).status).toBe(200);
      expect((await call(there, 'GET /auth/me', { access })).status).toBe(401);
      const answer = await late;
      expect([200, 401]).toContain(answer.status);
      if (answer.status === 401) continue;
      const pair = pairOf(answer);
      expect((await refresh(there, pair.refresh_token)).status).toBe(401);
      const me = call(there, 'GET /auth/me', { access: pair.access_token });
      expect((await me).status).toBe(401);
    }
  },
  600_000,
);
