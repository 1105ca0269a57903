import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';

/** What an access token says; nothing, if it is no JWT. */
export function claimsOf(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}

/** What an access token is signed with; undefined, if it is no JWT. */
export function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined;
  }
}
