import { expect, test } from 'vitest';
import { createClient, memoryTokens } from '../../src/client/index.ts';
import type { Method } from '../../src/client/public-operations.ts';
import { document, listOperations } from '../../src/http/openapi-document.ts';

test.each([...listOperations(document)])(
  '$operation.operationId is sent with the access token if the contract requires one',
  async ({ path, method, operation: { security = document.security ?? [] } }) => {
    const requests: Request[] = [];
    const client = createClient({
      baseUrl: 'http://localhost:8000',
      tokens: { ...memoryTokens(), get: () => foreignTokens },
      async fetch(request) {
        requests.push(request);
        throw new Error('not sent');
      },
    });
    const name = method.toUpperCase() as Method; // the contract has these only
    // The contract's own paths, here known as texts only.
    const call = client[name] as (path: string) => Promise<unknown>;
    await expect(call(path)).rejects.toThrow('not sent');
    expect(requests.map((request) => request.method)).toEqual([name]);
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
