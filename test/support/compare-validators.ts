// With DIFFERENTIAL=1 every request of the tests is validated twice: what the compiled validators
// accept goes to express-openapi-validator too, and the request fails unless both agree.
import { isDeepStrictEqual } from 'node:util';
import { vi } from 'vitest';
import type * as contract from '../../src/http/contract.ts';
import { createFullValidator } from '../../src/http/full-validator.ts';

vi.mock('../../src/http/contract.ts', async (importOriginal) => {
  const original = await importOriginal<typeof contract>();
  return {
    ...original,
    compileContract(options: contract.ContractOptions) {
      const validateFully = createFullValidator(options.document);
      const compareBoth = (operation: contract.Operation): contract.Operation => ({
        ...operation,
        async validate(received) {
          const validation = await operation.validate(received);
          const isAccepted = 'values' in validation && operation.accept(received) !== undefined;
          if (!isAccepted) return validation;
          const other = await validateFully(operation, structuredClone(received));
          if (isDeepStrictEqual(plain(other), plain(validation))) return validation;
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
