/**
 * The files whose tests start the program again and again, hash many passwords or need large data.
 * `npm test` leaves them out, so that it takes a minute; `npm run test:all` runs them.
 */
export const PROCESS_TESTS = [
  'auth/attempts',
  'auth/co-riding',
  'auth/crash',
  'auth/enumeration',
  'auth/key-source',
  'backup',
  'contract/command',
  'contract/package',
  'database/copy',
  'database/migrate',
  'export',
  'rolling',
  'scripts',
  'secrets',
  'server',
  'start',
  'todos/fairness',
  'tracing',
  'workers',
].map((name) => `test/${name}.test.ts`);
