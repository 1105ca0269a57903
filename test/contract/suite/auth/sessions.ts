import { check, operation } from '../../checks.ts';
import { fails, holds, succeeds } from '../../expect.ts';
import {
  ada,
  as,
  bob,
  currentSession,
  isLive,
  isOver,
  once,
  refresh,
  signIn,
  signUp,
  type TokenPair,
} from '../../people.ts';
import { api } from '../../target.ts';

/** A user whose sessions these checks start and end. */
const cyd = once(() => signUp());

const list = (session: TokenPair) => api.GET('/auth/sessions', as(session));
const revoke = (session: TokenPair, session_id: string) =>
  api.DELETE('/auth/sessions/{session_id}', { ...as(session), params: { path: { session_id } } });
const revokeAll = (session: TokenPair, query?: { keep_current: boolean }) =>
  api.DELETE('/auth/sessions', { ...as(session), params: query ? { query } : {} });

const idOf = async (session: TokenPair) => (await currentSession(session)).id;

operation('listSessions', () => {
  check(200, 'a session for each login, and the current one is marked', async () => {
    const [one, other] = [await signIn(await cyd()), await signIn(await cyd())];
    const ids = [await idOf(one), await idOf(other)];
    const result = await list(one);
    holds(result, 'Whether this is the session', ids[0] === ids[1], false);
    const listed = succeeds(result, 200).map(({ id }) => id);
    const missing = ids.filter((id) => !listed.includes(id));
    holds(result, "The user's live sessions", missing, []);
  });

  check(200, 'the most recently used first', async () => {
    const session = await signIn(await cyd());
    await signIn(await cyd());
    succeeds(await refresh(session), 200);
    const result = await list((await cyd()).tokens);
    const used = succeeds(result, 200).map(({ last_used_at }) => Date.parse(last_used_at));
    const sorted = used.toSorted((a, b) => b - a);
    holds(result, 'the most recently used first', used, sorted);
  });

  check(200, 'the address and the User-Agent of the login', async () => {
    const { username, password } = await cyd();
    const headers = { 'User-Agent': 'contract/1.0' };
    const login = await api.POST('/auth/login', { headers, body: { username, password } });
    const { result, user_agent, address } = await currentSession(succeeds(login, 200));
    holds(result, "The client's `User-Agent` at that time", user_agent, 'contract/1.0');
    holds(result, "The client's network address", address === '', false);
  });

  check(200, 'no session of another user', async () => {
    const mine = await idOf((await ada()).tokens);
    const result = await list((await bob()).tokens);
    const listed = succeeds(result, 200).map(({ id }) => id);
    holds(result, "The user's live sessions", listed.includes(mine), false);
  });
});

operation('revokeSession', () => {
  check(204, 'another session of the user: it ends, and is not listed any more', async () => {
    const [mine, other] = [await signIn(await cyd()), await signIn(await cyd())];
    const id = await idOf(other);
    succeeds(await revoke(mine, id), 204);
    await isOver(other);
    const result = await list(mine);
    const listed = succeeds(result, 200).map((one) => one.id);
    holds(result, "The user's live sessions", listed.includes(id), false);
    fails(await revoke(mine, id), 404, 'not_found');
    await isLive(mine);
  });

  check(204, 'the current session', async () => {
    const session = await signIn(await cyd());
    succeeds(await revoke(session, await idOf(session)), 204);
    await isOver(session);
  });

  check(404, 'a session of another user: it stays live', async () => {
    const theirs = await signIn(await bob());
    fails(await revoke((await ada()).tokens, await idOf(theirs)), 404, 'not_found');
    await isLive(theirs);
  });
});

operation('revokeSessions', () => {
  check(204, 'all but the current one', async () => {
    const [mine, other] = [await signIn(await cyd()), await signIn(await cyd())];
    succeeds(await revokeAll(mine, { keep_current: true }), 204);
    await isOver(other);
    const result = await list(mine);
    holds(result, 'all but the current one', succeeds(result, 200).length, 1);
    await isLive(mine);
  });

  check(204, "all of them, and none of another user's", async () => {
    const [mine, other] = [await signIn(await cyd()), await signIn(await cyd())];
    succeeds(await revokeAll(mine), 204);
    await isOver(mine);
    await isOver(other);
    succeeds(await api.GET('/auth/me', as((await ada()).tokens)), 200);
    const again = await signIn(await cyd());
    succeeds(await revokeAll(again, { keep_current: false }), 204);
    await isOver(again);
  });
});
