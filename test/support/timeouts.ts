/**
 * For how long a test, a hook and a condition that is waited for may take (milliseconds): many times
 * what they do take, since a machine may have other things to do. How fast something is, no test says.
 */
export const PATIENCE = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
};
