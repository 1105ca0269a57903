import { expect, test, vi } from 'vitest';
import { retry } from '../../src/database/retry.ts';

/** @returns how often work that always fails, each time after so many milliseconds, is tried */
async function tries(duration: number, isWorthIt = true): Promise<number> {
  let now = 0;
  let count = 0;
  using _clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  using _noPauses = vi.spyOn(Math, 'random').mockReturnValue(0);
  const work = async () => {
    count += 1;
    now += duration;
    throw new Error('in vain');
  };
  await expect(retry(work, () => isWorthIt)).rejects.toThrow('in vain');
  return count;
}

test('retry: a transient error that comes at once is retried a few times', async () => {
  expect(await tries(0)).toBe(6);
});

test('retry: a transient error that comes slowly is not retried for long', async () => {
  expect(await tries(3_000)).toBe(2);
  expect(await tries(10_000)).toBe(1);
});

test('retry: an error that is not transient is not retried', async () => {
  expect(await tries(0, false)).toBe(1);
});
