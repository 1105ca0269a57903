// With DIFFERENTIAL=1 every request of the tests is validated twice: what the compiled validators
// accept goes to express-openapi-validator too, and the request fails unless both agree.
import { isDeepStrictEqual } from 'node:util';
import { vi } from 'vitest';
import type * as contract from '../../src/http/contract.ts';
import { createRefuseRequest } from '../../src/http/refuse-request.ts';

vi.mock('../../src/http/contract.ts', async (importOriginal) => {
  const original = await importOriginal<typeof contract>();
  return {
    ...original,
    compileContract(options: contract.ContractOptions) {
      const refuseRequest = createRefuseRequest(options.document);
      const compareBoth = (operation: contract.Operation): contract.Operation => ({
        ...operation,
        async validate(received) {
          const verdict = await operation.validate(received);
          const isAccepted = 'values' in verdict && operation.accept(received) !== undefined;
          if (!isAccepted) return verdict;
          const other = await refuseRequest(operation, structuredClone(received));
          if (isDeepStrictEqual(plain(other), plain(verdict))) return verdict;
          throw new Error(`the validators of ${operation.id} do not agree`);
        },
      });
      return original.compileContract(options).map(compareBoth);
    },
  };
});

/** Without prototypes: one side has objects that inherit nothing. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
