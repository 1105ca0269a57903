import { check, operation } from '../../checks.ts';
import { refuses, succeeds } from '../../expect.ts';
import { ada, as, bob, signIn, type TokenPair } from '../../people.ts';
import { api } from '../../target.ts';

const logout = (session: TokenPair, body?: { refresh_token?: string }) =>
  api.POST('/auth/logout', { ...as(session), ...(body && { body }) });

const refresh = ({ refresh_token }: TokenPair) =>
  api.POST('/auth/refresh', { body: { refresh_token } });

async function isOver(session: TokenPair): Promise<void> {
  refuses(await api.GET('/todos', as(session)), 'session_ended');
  refuses(await api.GET('/auth/me', as(session)), 'session_ended');
  refuses(await refresh(session), 'invalid_refresh_token');
}

async function lives(session: TokenPair): Promise<void> {
  succeeds(await api.GET('/auth/me', as(session)), 200);
  succeeds(await refresh(session), 200);
}

operation('logout', () => {
  check(200, 'with the refresh token: neither token works on the next request', async () => {
    const session = await signIn(await ada());
    succeeds(await logout(session, { refresh_token: session.refresh_token }), 200);
    await isOver(session);
  });

  check(200, 'without a body, and with an empty one', async () => {
    for (const body of [undefined, {}]) {
      const session = await signIn(await ada());
      succeeds(await logout(session, body), 200);
      await isOver(session);
    }
  });

  check(200, 'the other sessions of the user stay live', async () => {
    const [session, other] = [await signIn(await ada()), await signIn(await ada())];
    succeeds(await logout(session), 200);
    await lives(other);
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
    const [own] = [await signIn(await ada())];
    const next = succeeds(await refresh(own), 200);
    succeeds(await logout(next, { refresh_token: own.refresh_token }), 200);
    await isOver(next);
  });

  check(401, 'a refresh token of another user: no session of either user ends', async () => {
    const [mine, theirs] = [await signIn(await ada()), await signIn(await bob())];
    const result = await logout(mine, { refresh_token: theirs.refresh_token });
    refuses(result, 'invalid_refresh_token');
    await lives(mine);
    await lives(theirs);
  });

  check(401, 'an unknown refresh token', async () => {
    const session = await signIn(await ada());
    refuses(await logout(session, { refresh_token: '0'.repeat(64) }), 'invalid_refresh_token');
    await lives(session);
  });
});
