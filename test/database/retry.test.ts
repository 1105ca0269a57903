import { afterEach, expect, test, vi } from 'vitest';
import { retry } from '../../src/database/retry.ts';

afterEach(() => void vi.restoreAllMocks());

/** @returns how often work that always fails, each time after so many milliseconds, is tried */
async function tries(duration: number, isWorthIt = true): Promise<number> {
  let now = 0;
  let count = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const work = async () => {
    count += 1;
    now += duration;
    throw new Error('in vain');
  };
  await expect(retry(work, () => isWorthIt)).rejects.toThrow('in vain');
  return count;
}

test('what fails at once is tried a few times', async () => {
  expect(await tries(0)).toBe(6);
});

test('what hangs before it fails is not tried for ever', async () => {
  expect(await tries(3_000)).toBe(2);
  expect(await tries(10_000)).toBe(1);
});

test('what cannot help is not tried again', async () => {
  expect(await tries(0, false)).toBe(1);
});
