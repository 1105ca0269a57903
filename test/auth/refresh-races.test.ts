import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Db } from '../../src/database/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { openConnection, type RawConnection, refreshRequest } from '../support/raw-connection.ts';
import { type ServiceProcess, startProcess } from '../support/service-process.ts';
import { pairOf, seedSession, seedUser } from '../support/users.ts';

// Eight uses of one refresh token at a start gun, beside four writers, in processes of their own:
// all get 200 and one successor, which works. PostgreSQL: the same tests on two nodes.

const ROUNDS = Number(process.env['ROUNDS'] ?? 4);
const USES = 8;
const WRITERS = 4;

const LAYOUTS = [
  { layout: 'two workers behind one port', services: [{ WORKERS: '2' }] },
  { layout: 'two services on one database', services: [{}, {}] },
];

describe.each(LAYOUTS)('$layout', ({ services }) => {
  let database: TestDatabase;
  let servers: ServiceProcess[];
  let connections: RawConnection[];
  let db: Db;
  beforeAll(async () => {
    database = await freshDatabase();
    servers = [];
    for (const variables of services)
      servers.push(
        await startProcess({ ...BEHIND_PROXY, DATABASE_URL: database.url, ...variables }),
      );
    const urls = servers.map(({ url }) => url);
    connections = await Promise.all(
      Array.from({ length: USES }, (_, index) => openConnection(urls[index % urls.length] ?? '')),
    );
    db = database.connect();
  });
  afterAll(async () => {
    for (const { socket } of connections) socket.destroy();
    expect(servers.map(({ child }) => child.exitCode ?? child.signalCode)).toEqual(
      servers.map(() => null),
    );
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    await db.destroy();
    await database[Symbol.asyncDispose]();
  });

  const urlOf = (index: number) => servers[index % servers.length]?.url ?? '';

  async function user(username: string) {
    return { userId: await seedUser(db, username), username };
  }

  /** Adds todos and refreshes a session of its own until it is stopped. */
  async function write(index: number, isStopped: () => boolean) {
    const own = await seedSession(db, systemClock, await user(`writer${index}`));
    let pair = { access_token: own.access, refresh_token: own.refresh };
    while (!isStopped()) {
      const request = { access: pair.access_token, body: { title: 'written' } };
      expect((await call(urlOf(index), 'POST /todos', request)).status).toBe(201);
      pair = pairOf(await refresh(urlOf(index + 1), pair.refresh_token));
    }
  }

  test(`${ROUNDS} rounds of ${USES} refreshes at once with one token, beside ${WRITERS} writers: all get 200 and one successor`, async () => {
    const ada = await user('ada');
    let isStopped = false;
    const writers = Array.from({ length: WRITERS }, (_, index) => write(index, () => isStopped));
    for (let round = 0; round < ROUNDS; round += 1) {
      const session = await seedSession(db, systemClock, ada);
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
  }, 1_800_000);

  test('after a logout at one process the next request at the other is rejected', async () => {
    const bob = await user('bob');
    const [here, there] = [urlOf(0), urlOf(1)];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { access, refresh: token } = await seedSession(db, systemClock, bob);
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
  }, 600_000);
});
