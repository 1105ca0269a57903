import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createRequestQueues, findQueue } from '../../src/request-queues.ts';
import { type Admission, type QueueLimits, RequestQueue } from '../../src/server/request-queue.ts';

beforeAll(() => void vi.useFakeTimers());
afterAll(() => void vi.useRealTimers());

/** Runs what the queue has scheduled for the next tick of the event loop, and lets promises settle. */
const tick = () => vi.runOnlyPendingTimersAsync();

/** A queue, and what became of the requests in it. */
function setUp(limits: QueueLimits) {
  const started: number[] = [];
  const rejected: number[] = [];
  const abandoned = new Set<number>();
  const onReject = vi.fn();
  const queue = new RequestQueue(limits, onReject);
  const lists: Partial<Record<Admission, number[]>> = { started, rejected };
  const addFor = (key: string | undefined, ...ids: number[]) => {
    for (const id of ids) {
      void queue
        .acquire(() => abandoned.has(id), key)
        .then((admission) => lists[admission]?.push(id));
    }
  };
  const add = (...ids: number[]) => addFor(undefined, ...ids);
  /** Ends a request; the next one starts. */
  const finish = async () => {
    queue.release();
    await tick();
  };
  /** Whether the queue takes one more. If it does, that request stays in it. */
  const hasRoom = () => {
    const before = queue.rejected;
    add(-1);
    return queue.rejected === before;
  };
  return { queue, onReject, started, rejected, abandoned, add, addFor, finish, hasRoom };
}

const ids = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('RequestQueue: at most 16 requests start per tick of the event loop, in the order of arrival', async () => {
  const { started, add } = setUp({ maxConcurrent: 100, maxQueued: 100 });
  add(...ids(1, 40));
  expect(started).toEqual([]);
  await tick();
  expect(started).toEqual(ids(1, 16));
  await tick();
  expect(started).toEqual(ids(1, 32));
});

test('RequestQueue: no more than maxConcurrent requests run at the same time', async () => {
  const { queue, started, add, finish } = setUp({ maxConcurrent: 2, maxQueued: 10 });
  add(1, 2, 3, 4);
  await tick();
  await tick();
  expect(started).toEqual([1, 2]);
  expect([queue.running, queue.waiting]).toEqual([2, 2]);
  await finish();
  expect(started).toEqual([1, 2, 3]);
});

test('RequestQueue: a request whose client is gone when its turn comes takes no slot', async () => {
  const { queue, started, abandoned, add } = setUp({ maxConcurrent: 2, maxQueued: 10 });
  add(1, 2, 3);
  abandoned.add(1).add(2);
  await tick();
  expect(started).toEqual([3]);
  expect([queue.running, queue.waiting]).toEqual([1, 0]);
});

test('RequestQueue: a burst may fill the queue; one more request is rejected', async () => {
  const { queue, onReject, rejected, add } = setUp({ maxConcurrent: 1, maxQueued: 16 });
  add(...ids(1, 17));
  expect([queue.waiting, queue.rejected]).toEqual([16, 1]);
  expect(onReject).toHaveBeenCalledOnce();
  await tick();
  expect(rejected).toEqual([17]);
});

describe('RequestQueue, when every start of an interval is late', () => {
  /** Ten starts were late, the first 909 ms ago. Ten more requests wait. */
  async function startLate() {
    const one = setUp({ maxConcurrent: 1, maxQueued: 16 });
    one.add(0);
    await tick();
    one.add(...ids(1, 10));
    for (let n = 0; n < 10; n += 1) {
      one.add(0);
      vi.advanceTimersByTime(101);
      await one.finish();
    }
    return one;
  }

  test('the whole queue may be used for up to a second', async () => {
    const { queue, hasRoom } = await startLate();
    vi.advanceTimersByTime(91);
    expect([queue.waiting, hasRoom()]).toEqual([10, true]);
  });

  test('after a second an eighth of it may be used', async () => {
    const { queue, finish, hasRoom } = await startLate();
    vi.advanceTimersByTime(92);
    expect(hasRoom()).toBe(false);
    for (let left = 9; left >= 2; left -= 1) {
      await finish();
      expect([queue.waiting, hasRoom()]).toEqual([left, false]);
    }
    await finish();
    expect([queue.waiting, hasRoom()]).toEqual([1, true]);
  });

  test('the whole queue may be used again as soon as it is empty', async () => {
    const { queue, add, finish, hasRoom } = await startLate();
    vi.advanceTimersByTime(92);
    for (let left = 10; left > 0; left -= 1) await finish();
    add(...ids(1, 10));
    expect([queue.waiting, hasRoom()]).toEqual([10, true]);
  });

  test('the whole queue may be used again as soon as a start is in time', async () => {
    const { queue, add, finish, hasRoom } = await startLate();
    vi.advanceTimersByTime(92);
    for (let left = 10; left > 1; left -= 1) await finish();
    add(0); // an eighth is two
    await finish(); // the last one that was late
    expect(hasRoom()).toBe(true);
    await finish(); // in time
    add(...ids(1, 10));
    expect([queue.rejected, queue.waiting]).toEqual([0, 11]);
  });
});

test('RequestQueue: a queue in which every start is in time is no overload, however long it lasts', async () => {
  const { queue, add, finish, hasRoom } = setUp({ maxConcurrent: 1, maxQueued: 16 });
  add(...ids(1, 11));
  await tick();
  for (let n = 0; n < 200; n += 1) {
    add(n); // starts after 99 ms: there are ten before it, and one runs
    vi.advanceTimersByTime(9);
    await finish();
  }
  expect([queue.waiting, hasRoom()]).toEqual([10, true]);
});

test('RequestQueue: at most 16 rejections are written per tick, while other requests start', async () => {
  const { queue, onReject, started, rejected, add } = setUp({ maxConcurrent: 100, maxQueued: 100 });
  add(...ids(1, 40));
  for (const id of ids(1, 40)) void queue.reject().then(() => rejected.push(id));
  expect(onReject).toHaveBeenCalledTimes(40);
  expect([queue.rejected, rejected]).toEqual([40, []]);
  await tick();
  expect([started, rejected]).toEqual([ids(1, 16), ids(1, 16)]);
  await tick();
  expect([started, rejected]).toEqual([ids(1, 32), ids(1, 32)]);
});

test('RequestQueue: an immediate rejection waits for no tick', async () => {
  const { queue } = setUp({ maxConcurrent: 1, maxQueued: 1 });
  const order: string[] = [];
  setImmediate(() => order.push('tick'));
  void queue.reject({ isImmediate: true }).then(() => order.push('rejection'));
  await tick();
  expect(order).toEqual(['rejection', 'tick']);
  expect(queue.rejected).toBe(1);
});

test('RequestQueue: rejections are written while no slot is free', async () => {
  const { started, rejected, add } = setUp({ maxConcurrent: 1, maxQueued: 1 });
  add(1);
  await tick();
  add(2, 3);
  await tick();
  expect([started, rejected]).toEqual([[1], [3]]);
});

describe('RequestQueue with keys', () => {
  test('keys take turns, however many requests each has', async () => {
    const { started, addFor, finish } = setUp({ maxConcurrent: 1, maxQueued: 20 });
    addFor('a', ...ids(1, 9));
    await tick();
    addFor('b', 11, 12);
    addFor('c', 21);
    for (let n = 0; n < 6; n += 1) await finish();
    expect(started).toEqual([1, 2, 11, 21, 3, 12, 4]);
  });

  test('one key may fill the queue; a request of another key replaces its newest one', async () => {
    const { queue, started, rejected, addFor, finish } = setUp({ maxConcurrent: 1, maxQueued: 4 });
    addFor('a', ...ids(1, 4));
    addFor('b', 11);
    await tick();
    expect([rejected, queue.waiting, queue.rejected]).toEqual([[4], 3, 1]);
    await finish();
    expect(started).toEqual([1, 11]);
  });

  test('a full queue rejects a request of the key that has the most in it', async () => {
    const { rejected, addFor } = setUp({ maxConcurrent: 1, maxQueued: 5 });
    addFor('a', 1, 2, 3);
    addFor('b', 11, 12);
    addFor('a', 4);
    addFor('b', 13); // replacing one of a's would give b the most
    await tick();
    expect(rejected).toEqual([4, 13]);
  });

  test('of two places that one key has, another key gets one', async () => {
    const { rejected, addFor } = setUp({ maxConcurrent: 1, maxQueued: 2 });
    addFor('a', 1, 2);
    addFor('b', 11);
    await tick();
    expect(rejected).toEqual([2]);
  });

  test('with 150 requests of one key in a queue of 128, nine other keys have room', async () => {
    const { rejected, started, addFor, finish } = setUp({ maxConcurrent: 2, maxQueued: 128 });
    addFor('a', ...ids(1, 150));
    for (const id of ids(201, 209)) addFor(String(id), id);
    await tick();
    for (let n = 0; n < 10; n += 1) await finish();
    expect(rejected.some((id) => id > 200)).toBe(false);
    expect(started.filter((id) => id > 200)).toEqual(ids(201, 209));
  });
});

test('RequestQueue: without a target delay, there is no overload', async () => {
  const limits = { maxConcurrent: 1, maxQueued: 16, targetDelayMs: Number.POSITIVE_INFINITY };
  const { queue, add, finish, hasRoom } = setUp(limits);
  add(...ids(1, 11));
  await tick();
  for (let n = 0; n < 20; n += 1) {
    add(n);
    vi.advanceTimersByTime(500);
    await finish();
  }
  expect([queue.waiting, hasRoom()]).toEqual([10, true]);
});

test('RequestQueue: a rejection is written after its delay', async () => {
  const { queue, rejected, add } = setUp({
    maxConcurrent: 1,
    maxQueued: 1,
    rejectionDelayMs: 500,
  });
  add(1, 2);
  await vi.advanceTimersByTimeAsync(499);
  expect([queue.rejected, rejected]).toEqual([1, []]);
  await vi.advanceTimersByTimeAsync(1);
  await tick();
  expect(rejected).toEqual([2]);
});

test.each([
  ['register', 'others'],
  ['login', 'others'],
  ['changePassword', 'others'],
  ['deleteCurrentUser', 'others'],
  ['refresh', 'others'],
  ['listTodos', 'others'],
  ['/docs', 'others'],
  ['getHealth', undefined],
  ['getReadiness', undefined],
  ['getJwks', undefined],
  ['/metrics', undefined],
] as const)('the queue of %s is %s', (target, expected) => {
  const queues = createRequestQueues(readConfig({}));
  expect(findQueue(queues, target)).toBe(expected && queues[expected]);
});
