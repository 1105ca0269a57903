import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createClient, memoryTokens } from '../../src/client/index.ts';

type Operation = { operationId?: string; security?: object[] };
const contract: { paths: Record<string, Record<string, Operation>>; security: object[] } = parse(
  readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8'),
);
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method.toLowerCase()];
    return operation ? [{ method, path, ...operation }] : [];
  }),
);

test.each(operations)(
  '$operationId is sent with the access token if the contract requires one',
  async (operation) => {
    const { method, path, security = contract.security } = operation;
    const requests: Request[] = [];
    const client = createClient({
      baseUrl: 'http://localhost:8000',
      tokens: { ...memoryTokens(), get: () => foreignTokens },
      async fetch(request) {
        requests.push(request);
        throw new Error('not sent');
      },
    });
    // The contract's own paths, here known as texts only.
    const call = client[method] as (path: string) => Promise<unknown>;
    await expect(call(path)).rejects.toThrow('not sent');
    expect(requests.map(({ method }) => method)).toEqual([method]);
    const bearer = security.length > 0 ? 'Bearer one' : null;
    expect(requests[0]?.headers.get('Authorization')).toBe(bearer);
  },
);

const foreignTokens = {
  access_token: 'one',
  refresh_token: 'two',
  login_id: 'three',
  refresh_key: 'four',
};
