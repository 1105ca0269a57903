import { check, operation } from '../../checks.ts';
import { refuses, succeeds } from '../../expect.ts';
import { ada, as, bob, isLive, isOver, refresh, signIn, type TokenPair } from '../../people.ts';
import { api } from '../../target.ts';

const logout = (session: TokenPair, body?: { refresh_token?: string }) =>
  api.POST('/auth/logout', { ...as(session), ...(body && { body }) });

operation('logout', () => {
  check(200, 'with its refresh token, an empty body or none: neither token works', async () => {
    const named = ({ refresh_token }: TokenPair) => ({ refresh_token });
    for (const bodyOf of [named, () => ({}), () => undefined]) {
      const session = await signIn(await ada());
      succeeds(await logout(session, bodyOf(session)), 200);
      await isOver(session);
    }
  });

  check(200, 'the other sessions of the user stay live', async () => {
    const [session, other] = [await signIn(await ada()), await signIn(await ada())];
    succeeds(await logout(session), 200);
    await isLive(other);
  });

  check(200, 'with the refresh token of another session of the user: both end', async () => {
    const [session, other] = [await signIn(await ada()), await signIn(await ada())];
    succeeds(await logout(session, { refresh_token: other.refresh_token }), 200);
    await isOver(session);
    await isOver(other);
  });

  check(200, 'after a refresh: no access token of the session works any more', async () => {
    const old = await signIn(await ada());
    const fresh = succeeds(await refresh(old), 200);
    succeeds(await logout(fresh), 200);
    refuses(await api.GET('/auth/me', as(old)), 'session_ended');
    await isOver(fresh);
  });

  check(200, 'with a spent refresh token: its session ends, this one or another', async () => {
    const [session, other] = [await signIn(await ada()), await signIn(await ada())];
    const fresh = succeeds(await refresh(other), 200);
    succeeds(await logout(session, { refresh_token: other.refresh_token }), 200);
    await isOver(session);
    refuses(await api.GET('/auth/me', as(fresh)), 'session_ended');
    const own = await signIn(await ada());
    const next = succeeds(await refresh(own), 200);
    succeeds(await logout(next, { refresh_token: own.refresh_token }), 200);
    await isOver(next);
  });

  check(401, 'a refresh token of another user, or an unknown one: no session ends', async () => {
    const theirs = await signIn(await bob());
    for (const refresh_token of [theirs.refresh_token, '0'.repeat(64)]) {
      const mine = await signIn(await ada());
      refuses(await logout(mine, { refresh_token }), 'invalid_refresh_token');
      await isLive(mine);
    }
    await isLive(theirs);
  });
});
