import { createCheckOfDatabase, type Db } from '../database/connect.ts';
import type { OperationHandlers, Schema } from '../http/operation.ts';
import { unavailable } from '../http/problem.ts';

export interface SystemDependencies {
  db: Db;
  /** The current public keys of access tokens. */
  publicKeys: () => Schema<'Jwk'>[];
  /** Whether the service is shutting down. */
  isClosing: () => boolean;
}

/** The operations of the tag `system`. */
export function systemHandlers({ db, publicKeys, isClosing }: SystemDependencies) {
  const checkDatabase = createCheckOfDatabase(db, () => performance.now());
  return {
    async getHealth() {
      return { status: 200, body: { status: 'ok' } };
    },

    async getReadiness() {
      if (isClosing()) return unavailable();
      await checkDatabase(); // it throws an outage, which is answered with 503
      return { status: 200, body: { status: 'ok' } };
    },

    async getJwks() {
      return { status: 200, body: { keys: publicKeys() } };
    },
  } satisfies Partial<OperationHandlers>;
}
