import type { Clock } from '../clock.ts';
import type { Db } from '../database/connect.ts';
import { deleteUserData } from '../database/delete-user-data.ts';
import type { RevokeReason } from '../database/schema.ts';
import { transact } from '../database/transaction.ts';
import type { OperationHandlers, Principal, RequestMetadata, Schema } from '../http/operation.ts';
import { problem, tooManyRequests } from '../http/problem.ts';
import { formatTimestamp } from '../timestamp.ts';
import { type AccessTokenOptions, mintAccessToken } from './access-token.ts';
import type { AuditEventName, RecordAuditEvent } from './audit-repository.ts';
import {
  admitPasswordCheck,
  type PasswordDependencies,
  type PresentedPassword,
  withVerifiedPassword,
} from './check-password.ts';
import { hashPassword, isCommonPassword, needsRehash } from './password.ts';
import {
  findSessionByToken,
  type Grant,
  listLiveSessions,
  MAX_LIVE_SESSIONS,
  revokeSessions,
  type SessionLifetimes,
  type SessionSelection,
  startSession,
} from './session-repository.ts';
import { rotateRefreshToken } from './token-rotation.ts';
import {
  createUser,
  deleteUser,
  findUser,
  replacePasswordHash,
  type User,
} from './user-repository.ts';

export interface AuthDependencies extends PasswordDependencies {
  clock: Clock;
  tokens: AccessTokenOptions;
  lifetimes: SessionLifetimes;
  recordAuditEvent: RecordAuditEvent;
  /** Whether anyone may create an account. */
  registration: boolean;
}

/** The result of a sign-in with the right password. */
type SignInResult = { grant: Grant; username: string } | 'change required';

/** The operations of the tag `auth`. */
export function authHandlers(dependencies: AuthDependencies) {
  const { db, clock, tokens, lifetimes, loginThrottle, recordAuditEvent, registration } =
    dependencies;

  async function respondWithTokens({ session, refreshToken }: Grant, username: string) {
    const accessToken = await mintAccessToken(tokens, session, username, clock.now());
    return {
      status: 200,
      body: { access_token: accessToken, refresh_token: refreshToken },
    } as const;
  }

  return {
    async register({ body, context }) {
      if (await isCommonPassword(body.password)) return passwordTooCommon('/password');
      if (!registration) return problem(403, 'registration_closed', 'Registration is closed');
      const { address } = context;
      const rejection = await admitPasswordCheck(dependencies, context, () =>
        loginThrottle.findRegistrationDelay(db, address),
      );
      if (rejection) return rejection;
      const wait = await loginThrottle.countRegistration(db, address);
      if (wait !== undefined) return tooManyRequests(wait);
      const passwordHash = await hashPassword(body.password);
      const now = clock.now();
      const user = await transact(db, async (trx) => {
        const created = await createUser(trx, { username: body.username, passwordHash, now });
        if (created) await audit(trx, 'registered', context, created.id);
        return created;
      });
      if (!user) return problem(409, 'username_taken', 'This username is taken');
      return { status: 201, body: toUserBody(user) };
    },

    async login({ body, context }) {
      const { username, password, new_password: replacement } = body;
      if (replacement !== undefined && (await isCommonPassword(replacement))) {
        return passwordTooCommon('/new_password');
      }
      const presented = { username, password, context };
      const verdict = await withVerifiedPassword<SignInResult>(
        dependencies,
        presented,
        async (user) => {
          const { id, passwordHash } = user;
          const isChanged = replacement !== undefined && replacement !== password;
          if (user.isTemporary && !isChanged) return async () => 'change required';
          const hash =
            isChanged || needsRehash(passwordHash)
              ? await hashPassword(replacement ?? password)
              : passwordHash;
          return async (trx) => {
            if (!(await replacePasswordHash(trx, id, passwordHash, hash))) return undefined;
            if (isChanged) await recordPasswordChange(trx, { userId: id }, context);
            return { grant: await signIn(trx, id, context), username: user.username };
          };
        },
      );
      if (verdict.outcome === 'rejected') return verdict.response;
      if (verdict.outcome === 'wrong') {
        await audit(db, 'sign_in_refused', context, verdict.userId);
        return problem(401, 'invalid_credentials', 'Invalid username or password');
      }
      const { result } = verdict;
      if (result !== 'change required') return respondWithTokens(result.grant, result.username);
      const detail = 'This password has to be changed. Sign in with a new_password.';
      return problem(403, 'password_change_required', detail);
    },

    async refresh({ headers, body, context }) {
      const token = body?.refresh_token ?? headers['Refresh-Token'];
      if (token === undefined) {
        const message = 'is needed, in the body or in the Refresh-Token header';
        const where = { pointer: '/refresh_token', message };
        return problem(400, 'invalid_request', `The refresh token ${message}`, [where]);
      }
      const rejected = problem(401, 'invalid_refresh_token', 'Invalid refresh token');
      if ((headers['Refresh-Token'] ?? token) !== token) return rejected;
      const idempotencyKey = headers['Idempotency-Key'];
      const rotation = await rotateRefreshToken(dependencies, { token, idempotencyKey, context });
      if ('grant' in rotation) return respondWithTokens(rotation.grant, rotation.username);
      const wait = await loginThrottle.countRejectedRefresh(db, context.address);
      if (wait !== undefined) return tooManyRequests(wait);
      if (rotation.outcome === 'rejected') {
        const { userId, id } = rotation.session ?? {};
        await audit(db, 'refresh_refused', context, userId, id);
      }
      return rejected;
    },

    async logout({ principal, body, context }) {
      const only = [principal.sessionId];
      if (body?.refresh_token !== undefined) {
        const session = await findSessionByToken(db, body.refresh_token);
        if (session?.userId !== principal.userId) {
          return problem(401, 'invalid_refresh_token', 'Invalid refresh token');
        }
        only.push(session.id);
      }
      await transact(db, (trx) =>
        endSessions(trx, { userId: principal.userId, only }, 'logout', context),
      );
      return { status: 200, body: { message: 'You have been logged out.' } };
    },

    async getCurrentUser({ principal }) {
      const user = await findUser(db, principal.userId);
      if (!user) throw new Error('a live session has no user');
      return { status: 200, body: toUserBody(user) };
    },

    async deleteCurrentUser({ principal, body, context }) {
      const { userId, sessionId } = principal;
      const presented = { username: principal.username, password: body.current_password, context };
      return withCurrentPassword(presented, principal, 'account_deletion_refused', async (user) => {
        await transact(db, (trx) => endSessions(trx, { userId }, 'logout_all', context));
        await deleteUserData(db, userId);
        return async (trx) => {
          if (!(await deleteUser(trx, userId, user.passwordHash))) return undefined;
          await audit(trx, 'account_deleted', context, userId, sessionId);
          return true;
        };
      });
    },

    async changePassword({ principal, body, context }) {
      if (await isCommonPassword(body.new_password)) return passwordTooCommon('/new_password');
      const { userId, sessionId } = principal;
      const presented = { username: principal.username, password: body.current_password, context };
      return withCurrentPassword(presented, principal, 'password_change_refused', async (user) => {
        const replacement = await hashPassword(body.new_password);
        return async (trx) => {
          if (!(await replacePasswordHash(trx, userId, user.passwordHash, replacement)))
            return undefined;
          await recordPasswordChange(trx, { userId, except: sessionId }, context);
          return true;
        };
      });
    },

    async listSessions({ principal }) {
      const sessions = await listLiveSessions(db, principal.userId, clock.now());
      const body = sessions.map((session) => ({
        ...session,
        created_at: formatTimestamp(session.created_at),
        last_used_at: formatTimestamp(session.last_used_at),
        current: session.id === principal.sessionId,
      }));
      return { status: 200, body };
    },

    async revokeSession({ principal, path, context }) {
      const only = [path.session_id.toLowerCase()];
      const ended = await transact(db, (trx) =>
        endSessions(trx, { userId: principal.userId, only }, 'logout', context),
      );
      if (ended.length === 0) return problem(404, 'not_found', 'There is no such session');
      return { status: 204 };
    },

    async revokeSessions({ principal, query, context }) {
      const { userId, sessionId } = principal;
      const selection = query.keep_current ? { userId, except: sessionId } : { userId };
      await transact(db, (trx) => endSessions(trx, selection, 'logout_all', context));
      return { status: 204 };
    },
  } satisfies Partial<OperationHandlers>;

  async function audit(
    handle: Db,
    event: AuditEventName,
    { address, requestId: request_id }: RequestMetadata,
    user_id?: string,
    session_id?: string,
    reason?: RevokeReason,
  ) {
    const at = clock.now();
    await recordAuditEvent(handle, { event, at, reason, user_id, session_id, address, request_id });
  }

  async function endSessions(
    trx: Db,
    selection: SessionSelection,
    reason: RevokeReason,
    context: RequestMetadata,
  ): Promise<string[]> {
    const ended = await revokeSessions(trx, selection, reason, clock.now());
    for (const id of ended) {
      await audit(trx, 'session_revoked', context, selection.userId, id, reason);
    }
    return ended;
  }

  async function signIn(trx: Db, userId: string, context: RequestMetadata): Promise<Grant> {
    const session = { userId, client: context, now: clock.now(), lifetimes };
    const grant = await startSession(trx, session);
    await audit(trx, 'signed_in', context, userId, grant.session.id);
    // The least recently used sessions over the limit.
    const surplus = await listLiveSessions(trx, userId, clock.now(), MAX_LIVE_SESSIONS);
    const only = surplus.map((session) => session.id);
    if (only.length > 0) await endSessions(trx, { userId, only }, 'limit', context);
    return grant;
  }

  /** Ends sessions after a password change, and records it. */
  async function recordPasswordChange(
    trx: Db,
    selection: SessionSelection,
    context: RequestMetadata,
  ) {
    await endSessions(trx, selection, 'password_change', context);
    await audit(trx, 'password_changed', context, selection.userId, selection.except);
  }

  /** Does work, see `withVerifiedPassword`, that needs the current password of the signed-in user. */
  async function withCurrentPassword(
    presented: PresentedPassword,
    { userId, sessionId }: Principal,
    refusal: AuditEventName,
    prepare: Parameters<typeof withVerifiedPassword<true>>[2],
  ) {
    const verdict = await withVerifiedPassword(dependencies, presented, prepare);
    if (verdict.outcome === 'rejected') return verdict.response;
    if (verdict.outcome === 'right') return { status: 204 } as const;
    await audit(db, refusal, presented.context, userId, sessionId);
    return problem(403, 'wrong_password', 'The current password is wrong');
  }
}

function passwordTooCommon(pointer: string) {
  const message = 'This password is too common.';
  return problem(400, 'invalid_request', message, [{ pointer, message }]);
}

/** Converts a user to the schema of the contract. */
export function toUserBody(user: User): Schema<'User'> {
  return {
    id: user.id,
    username: user.username,
    created_at: formatTimestamp(user.createdAt),
  };
}
