// The service that a run checks, and its settings.
import { type Api, connectTo } from './client.ts';

export interface Target {
  /** Where the service is, without a slash at the end. */
  baseUrl: string;
  /** An origin whose pages may call it; undefined leaves CORS out. */
  origin: string | undefined;
  /** The largest body that it accepts, in bytes; Infinity if that is unknown. */
  bodyLimit: number;
  /** An access token, for a contract that has other ways to get one. */
  token: string | undefined;
}

export const target: Target = {
  baseUrl: 'http://localhost:8000',
  origin: undefined,
  bodyLimit: 65_536,
  token: undefined,
};

/** The typed client of the service that the run checks. */
export let api: Api = connectTo(target.baseUrl);

export function aimAt(options: Partial<Target>): void {
  Object.assign(target, options);
  api = connectTo(target.baseUrl);
}
