import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Db } from '../../src/database/connect.ts';
import { freshDatabase, type TestDatabase } from '../engine.ts';
import { startServer } from './server.ts';
import { type AuthApp, call, pairOf, refresh, seedSession, seedUser, startAuth } from './setup.ts';
import { openWire, refreshRequest, type Wire } from './wire.ts';

// Fifty uses of one token at a start gun, over connections that are open already.

const USES = 50;
const ROUNDS = Number(process.env['ROUNDS'] ?? 4);

/** No use has to wait for a connection to the database: after three seconds of that it is a 503. */
const POOL = { DATABASE_POOL_SIZE: String(USES) };

const openWires = (urls: string[]) =>
  Promise.all(
    Array.from({ length: USES }, (_, index) => openWire(urls[index % urls.length] ?? '')),
  );

function shoot(wires: Wire[], token: string) {
  const answers = Promise.all(wires.map((wire) => wire.answer()));
  for (const { socket } of wires) socket.write(refreshRequest(token));
  return answers;
}

/** Whatever the order of arrival was: one successor, which works unless a replay was found. */
async function expectOneSuccessor(db: Db, url: string, id: string, answers: Answers) {
  for (const { status } of answers) expect([200, 401]).toContain(status);
  const granted = answers.filter(({ status }) => status === 200).map(pairOf);
  const [successor, ...others] = new Set(granted.map((pair) => pair.refresh_token));
  expect(successor).toBeDefined();
  expect(others).toEqual([]);
  const { revoke_reason } = await db
    .selectFrom('sessions')
    .select('revoke_reason')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  expect(revoke_reason).toBe(granted.length < answers.length ? 'reuse' : null);
  const works = revoke_reason === null ? 200 : 401;
  for (const { access_token: access } of granted.slice(0, 3)) {
    expect((await call(url, 'GET /auth/me', { access })).status).toBe(works);
  }
  expect((await refresh(url, successor ?? '')).status).toBe(works);
}

type Answers = { status: number; text: string }[];

describe('in one process', () => {
  let app: AuthApp;
  let ada: { userId: string; username: string };
  let wires: Wire[];
  beforeAll(async () => {
    app = await startAuth(POOL);
    ada = { userId: await seedUser(app.db, 'ada'), username: 'ada' };
    wires = await openWires([app.url]);
  });
  afterAll(async () => {
    for (const { socket } of wires) socket.destroy();
    await app.close();
  });

  test(`${ROUNDS} rounds, all arrived before the first answer: all get it and it works`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const session = await seedSession(app.db, app.clock, ada);
      app.clock.hold();
      const shots = shoot(wires, session.refresh);
      await app.clock.held(USES);
      app.clock.release();
      const answers = await shots;
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      await expectOneSuccessor(app.db, app.url, session.id, answers);
    }
  }, 600_000);

  test(`${ROUNDS} rounds, one comes after the answer: the session is out`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const session = await seedSession(app.db, app.clock, ada);
      app.clock.hold();
      const [late, ...early] = wires;
      const shots = shoot(early, session.refresh);
      await app.clock.held(early.length);
      app.clock.release();
      const answers = await shots;
      answers.push(...(await shoot(late ? [late] : [], session.refresh)));
      expect(answers.map(({ status }) => status)).toEqual([...early.map(() => 200), 401]);
      await expectOneSuccessor(app.db, app.url, session.id, answers);
    }
  }, 600_000);
});

describe('in two processes on one database, as the clock goes', () => {
  let database: TestDatabase;
  let servers: Awaited<ReturnType<typeof startServer>>[];
  let wires: Wire[];
  let db: Db;
  beforeAll(async () => {
    database = await freshDatabase();
    servers = await Promise.all([1, 2].map(() => startServer(database.url, POOL)));
    wires = await openWires(servers.map(({ url }) => url));
    db = database.connect();
  });
  afterAll(async () => {
    for (const { socket } of wires) socket.destroy();
    await Promise.all(servers.map((server) => server.kill()));
    await db.destroy();
    await database[Symbol.asyncDispose]();
  });

  test(`${ROUNDS} rounds: one successor, and nobody is told that the service failed`, async () => {
    const ada = { userId: await seedUser(db, 'ada'), username: 'ada' };
    for (let round = 0; round < ROUNDS; round += 1) {
      const session = await seedSession(db, systemClock, ada);
      const answers = await shoot(wires, session.refresh);
      await expectOneSuccessor(db, servers[round % 2]?.url ?? '', session.id, answers);
    }
  }, 600_000);

  test('a logout in one holds in the other on the next request', async () => {
    const ada = { userId: await seedUser(db, 'bob'), username: 'bob' };
    const [here, there] = servers.map(({ url }) => url);
    for (let round = 0; round < ROUNDS; round += 1) {
      const { access, refresh: token } = await seedSession(db, systemClock, ada);
      const late = refresh(there ?? '', token);
      expect((await call(here ?? '', 'POST /auth/logout', { access })).status).toBe(200);
      expect((await call(there ?? '', 'GET /auth/me', { access })).status).toBe(401);
      const answer = await late;
      expect([200, 401]).toContain(answer.status);
      if (answer.status === 401) continue;
      const pair = pairOf(answer);
      expect((await refresh(there ?? '', pair.refresh_token)).status).toBe(401);
      const me = call(there ?? '', 'GET /auth/me', { access: pair.access_token });
      expect((await me).status).toBe(401);
    }
  }, 600_000);
});
