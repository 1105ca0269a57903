import type { operationSecurity, paths } from '../../generated/openapi.d.ts';

/** The HTTP methods that a client calls. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

type PublicOperation = {
  [Id in keyof operationSecurity]: [operationSecurity[Id]] extends [never] ? Id : never;
}[keyof operationSecurity];

// A contract that makes an operation public, or stops to, does not compile with this table.
const publicOperations: Record<PublicOperation, `${Method} ${keyof paths}`> = {
  register: 'POST /auth/register',
  login: 'POST /auth/login',
  refresh: 'POST /auth/refresh',
  getHealth: 'GET /healthz',
  getReadiness: 'GET /readyz',
  getJwks: 'GET /.well-known/jwks.json',
};

const publicRoutes = new Set<string>(Object.values(publicOperations));

/** Whether an operation takes an access token. */
export function needsToken(method: Method, path: keyof paths): boolean {
  return !publicRoutes.has(`${method} ${path}`);
}
