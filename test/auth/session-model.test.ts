import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashPassword } from '../../src/auth/password.ts';
import { hashToken } from '../../src/auth/refresh-token.ts';
import { purgeExpired } from '../../src/database/retention.ts';
import { type Answer, BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startSharedService, stoppedClock, type TestService } from '../support/service.ts';
import {
  pairOf,
  type SeededSession,
  type SeededUser,
  seedSession,
  seedUser,
} from '../support/users.ts';

// Sessions as one would explain them, next to the service: whatever two users and a thief do, in
// whatever order, both say the same after every step, and nothing happens that never may.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const RUNS = Number(process.env['ROUNDS'] ?? 0) > 0 ? 400 : 12;
const PASSWORDS = ['correct horse battery staple', 'another long sentence'] as const;

interface User extends SeededUser {
  /** Which of the PASSWORDS it is. */
  password: number;
}

interface Session {
  id: string;
  user: User;
  access: { token: string; expiresAt: number };
  current: string;
  /** All that were spent, the last one at the end. */
  spent: string[];
  spentUnder: { key: string | undefined; at: number };
  idleAt: number;
  absoluteAt: number;
  isRevoked: boolean;
}

/** All that the model knows. */
interface World {
  service: TestService;
  leewayMs: number;
  users: User[];
  sessions: Session[];
}

const isLive = ({ isRevoked, idleAt, absoluteAt }: Session, now: number) =>
  !isRevoked && idleAt > now && absoluteAt > now;

/** Whether the session's access token is good for anything. */
const isSignedIn = (session: Session, now: number) =>
  isLive(session, now) && session.access.expiresAt > now;

function begin(world: World, user: User, started: SeededSession): void {
  const now = world.service.clock.now();
  world.sessions.push({
    id: started.id,
    user,
    access: { token: started.access, expiresAt: now + 15 * MINUTE },
    current: started.refresh,
    spent: [],
    spentUnder: { key: undefined, at: 0 },
    idleAt: now + 30 * DAY,
    absoluteAt: now + 90 * DAY,
    isRevoked: false,
  });
}

/** What a presented token comes to. */
type Verdict = 'new pair' | 'same token' | 'refused';

function judge(
  { sessions, leewayMs }: World,
  token: string,
  key: string | undefined,
  now: number,
): { verdict: Verdict; session: Session | undefined } {
  const session = sessions.find((one) => one.current === token || one.spent.includes(token));
  if (!session || !isLive(session, now)) return { verdict: 'refused', session: undefined };
  if (session.current === token) return { verdict: 'new pair', session };
  const { key: before, at } = session.spentUnder;
  const isLast = session.spent.at(-1) === token;
  const isRetry = key !== undefined && key === before && now - at <= DAY;
  if (isLast && (isRetry || now - at < leewayMs)) return { verdict: 'same token', session };
  session.isRevoked = true;
  return { verdict: 'refused', session };
}

const REFUSED = JSON.stringify({
  type: 'about:blank',
  title: 'Unauthorized',
  status: 401,
  detail: 'Invalid refresh token',
  code: 'invalid_refresh_token',
  error: 'Invalid refresh token',
});

async function present(world: World, token: string, key: string | undefined): Promise<void> {
  const now = world.service.clock.now();
  const answer = await refresh(world.service.url, token, key);
  const { verdict, session } = judge(world, token, key, now);
  if (verdict === 'refused' || !session) {
    expect([answer.status, answer.text]).toEqual([401, REFUSED]);
    return;
  }
  const pair = pairOf(answer);
  const expiresAt = Math.min(now + 15 * MINUTE, session.absoluteAt);
  session.access = { token: pair.access_token, expiresAt: Math.floor(expiresAt / 1000) * 1000 };
  if (verdict === 'same token') {
    expect(pair.refresh_token).toBe(session.current);
    return;
  }
  session.spent.push(token);
  Object.assign(session, {
    current: pair.refresh_token,
    spentUnder: { key, at: now },
    idleAt: now + 30 * DAY,
  });
}

/** Ends the chosen sessions in the model if the request was let in, and says if it was. */
function ends({ sessions, service }: World, by: Session, chosen: (session: Session) => boolean) {
  const now = service.clock.now();
  if (!isSignedIn(by, now)) return false;
  for (const session of sessions) {
    if (session.user === by.user && chosen(session) && isLive(session, now)) {
      session.isRevoked = true;
    }
  }
  return true;
}

/** After every step: the database says of each session what the model says. */
async function agree({ service, sessions }: World): Promise<void> {
  const now = service.clock.now();
  const ids = sessions.map(({ id }) => id);
  const rows = await service.db.selectFrom('sessions').selectAll().where('id', 'in', ids).execute();
  const spent = await service.db
    .selectFrom('spent_refresh_tokens')
    .selectAll()
    .where('session_id', 'in', ids)
    .execute();
  for (const session of sessions) {
    const row = rows.find(({ id }) => id === session.id);
    if (!row) {
      expect(session.idleAt + 30 * DAY).toBeLessThanOrEqual(now); // the retention job may delete it
      continue;
    }
    expect(row.token_hash).toBe(hashToken(session.current));
    expect(row.revoked_at !== null).toBe(session.isRevoked);
    expect(row.idle_expires_at).toBe(session.idleAt);
    expect(row.absolute_expires_at).toBe(session.absoluteAt);
    const its = spent.filter((token) => token.session_id === session.id);
    expect(its.map((token) => token.token_hash).sort()).toEqual(
      session.spent.map(hashToken).sort(),
    );
  }
}

/** The newest access token of every session says what the model says. */
async function agreeOnAccess({ service, sessions }: World): Promise<void> {
  for (const session of sessions.slice(-4)) {
    const answer = await call(service.url, 'GET /auth/me', { access: session.access.token });
    expect(answer.status).toBe(isSignedIn(session, service.clock.now()) ? 200 : 401);
    if (answer.status === 200) expect(JSON.parse(answer.text).id).toBe(session.user.userId);
  }
}

/** Something that a user does; `pick` chooses among what there is by then. */
interface Command extends fc.AsyncCommand<World, World> {}

function command(name: string, run: (world: World) => Promise<unknown>): Command {
  return {
    check: () => true,
    async run(world) {
      await run(world);
      await agree(world);
    },
    toString: () => name,
  };
}

/** @param list has at least one item: a world starts with users and sessions */
function pick<T>(list: readonly T[], at: number): T {
  return list[at % list.length] as T; // inside the list
}

const KEYS = [undefined, undefined, 'key', 'other'] as const;
const at = fc.nat(11);

const refreshing = fc.tuple(at, at, at).map(([session, token, key]) =>
  command(`refresh ${session} with its token ${token} under ${pick(KEYS, key)}`, async (world) => {
    const { current, spent } = pick(world.sessions, session);
    const last = spent.at(-1) ?? current;
    const tokens = [current, current, current, last, last, spent[0] ?? current, '0'.repeat(64)];
    await present(world, pick(tokens, token), pick(KEYS, key));
  }),
);

const commands = [
  ...[refreshing, refreshing, refreshing], // more often than the others
  fc.tuple(at).map(([user]) =>
    command(`sign in as ${user}`, async (world) => {
      const owner = pick(world.users, user);
      begin(world, owner, await seedSession(world.service, owner));
    }),
  ),
  fc.tuple(at, at, at).map(([session, other, token]) =>
    command(`${session} logs out with token ${token} of ${other}`, async (world) => {
      const [by, its] = [pick(world.sessions, session), pick(world.sessions, other)];
      const body = pick([undefined, its.current, its.spent.at(-1), 'junk'], token);
      // The retention job may have deleted it by then, or not.
      if (its.idleAt + 30 * DAY <= world.service.clock.now()) return;
      const answer = await call(world.service.url, 'POST /auth/logout', {
        access: by.access.token,
        ...(body !== undefined && { body: { refresh_token: body } }),
      });
      const isHis = body === undefined || (body !== 'junk' && its.user === by.user);
      const isNamed = (one: Session) => one === by || (body !== undefined && one === its);
      expect(answer.status).toBe(isHis && ends(world, by, isNamed) ? 200 : 401);
    }),
  ),
  fc.tuple(at, at).map(([session, other]) =>
    command(`${session} ends ${other}`, async (world) => {
      const [by, its] = [pick(world.sessions, session), pick(world.sessions, other)];
      const isFound = its.user === by.user && isLive(its, world.service.clock.now());
      const access = by.access.token;
      const answer = await call(world.service.url, `DELETE /auth/sessions/${its.id}`, { access });
      const isLetIn = ends(world, by, (one) => one === its);
      expect(answer.status).toBe(isLetIn ? (isFound ? 204 : 404) : 401);
    }),
  ),
  fc.tuple(at, fc.boolean()).map(([session, keep]) =>
    command(`${session} ends all${keep ? ' others' : ''}`, async (world) => {
      const by = pick(world.sessions, session);
      const path = `/auth/sessions?keep_current=${keep}`;
      const answer = await call(world.service.url, `DELETE ${path}`, { access: by.access.token });
      expect(answer.status).toBe(ends(world, by, (one) => !keep || one !== by) ? 204 : 401);
    }),
  ),
  fc.tuple(at).map(([session]) =>
    command(`${session} lists`, async (world) => {
      const by = pick(world.sessions, session);
      const now = world.service.clock.now();
      const answer = await call(world.service.url, 'GET /auth/sessions', {
        access: by.access.token,
      });
      expect(answer.status).toBe(isSignedIn(by, now) ? 200 : 401);
      if (answer.status !== 200) return;
      const listed: string[] = JSON.parse(answer.text).map(({ id }: { id: string }) => id);
      const live = world.sessions.filter((one) => one.user === by.user && isLive(one, now));
      expect(listed.sort()).toEqual(live.map(({ id }) => id).sort());
    }),
  ),
  fc
    .constantFrom(1, 9, 10, 300, 900, 3600, 86_399, 86_400, 86_401, 10 * 86_400, 30 * 86_400)
    .map((seconds) =>
      command(`${seconds} s pass`, async (world) => {
        world.service.clock.advance(seconds);
        await agreeOnAccess(world);
      }),
    ),
  fc.constant(
    command('purge expired rows', ({ service }) => purgeExpired(service.db, service.clock.now())),
  ),
];

/** The rarer ones hash passwords. */
const withPasswords = [
  fc.tuple(at, fc.boolean()).map(([user, isRight]) =>
    command(`log in as ${user}${isRight ? '' : ' with a wrong password'}`, async (world) => {
      const owner = pick(world.users, user);
      const password = PASSWORDS[isRight ? owner.password : 1 - owner.password];
      const body = { username: owner.username, password };
      const answer = await call(world.service.url, 'POST /auth/login', { body });
      expect(answer.status).toBe(isRight ? 200 : 401);
      if (isRight) begin(world, owner, await startedIn(world, answer));
    }),
  ),
  fc.tuple(at, fc.boolean()).map(([session, isRight]) =>
    command(`${session} changes the password${isRight ? '' : ', wrongly'}`, async (world) => {
      const by = pick(world.sessions, session);
      const { user } = by;
      const [current, next] = [PASSWORDS[user.password], PASSWORDS[1 - user.password]];
      const body = { current_password: isRight ? current : 'a wrong one', new_password: next };
      const access = by.access.token;
      const answer = await call(world.service.url, 'PUT /auth/password', { access, body });
      const isLetIn = isSignedIn(by, world.service.clock.now());
      expect(answer.status).toBe(isLetIn ? (isRight ? 204 : 403) : 401);
      if (answer.status !== 204) return;
      ends(world, by, (one) => one !== by);
      user.password = 1 - user.password;
    }),
  ),
];

async function startedIn({ service }: World, answer: Answer) {
  const { access_token: access, refresh_token } = pairOf(answer);
  const { id } = await service.db
    .selectFrom('sessions')
    .select('id')
    .where('token_hash', '=', hashToken(refresh_token))
    .executeTakeFirstOrThrow();
  return { id, access, refresh: refresh_token };
}

describe.each([0, 10])('reuse leeway of %i s', async (leewaySeconds) => {
  const service = await startSharedService(
    { ...BEHIND_PROXY, REFRESH_GRACE_SECONDS: String(leewaySeconds) },
    { clock: stoppedClock() },
  );
  const passwordHash = await hashPassword(PASSWORDS[0]);

  /** Two new users with two sessions each. */
  async function createWorld(): Promise<World> {
    const world: World = { service, leewayMs: leewaySeconds * SECOND, users: [], sessions: [] };
    for (let n = 0; n < 2; n += 1) {
      const user = { ...(await seedUser(service.db, { passwordHash })), password: 0 };
      world.users.push(user);
      for (let m = 0; m < 2; m += 1) begin(world, user, await seedSession(service, user));
    }
    return world;
  }

  test.each([
    ['what costs little', commands, RUNS, 40],
    ['passwords too', [...commands, ...withPasswords], Math.ceil(RUNS / 5), 25],
  ])(
    '%s: the service and the model of sessions agree after every step',
    async (_what, kinds, numRuns, maxCommands) => {
      const run = fc.asyncProperty(
        fc.commands(kinds, { maxCommands, size: 'max' }),
        async (steps) => {
          const world = await createWorld();
          await fc.asyncModelRun(() => ({ model: world, real: world }), steps);
          await agreeOnAccess(world);
        },
      );
      await fc.assert(run, { numRuns });
    },
    600_000,
  );
});
