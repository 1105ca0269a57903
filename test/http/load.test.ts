import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { createLanes } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { Lane } from '../../src/http/load.ts';

function lane(limits: { atOnce: number; waiting: number }) {
  let now = 0;
  const begun: number[] = [];
  const gone = new Set<number>();
  const onShed = vi.fn();
  const subject = new Lane(limits, onShed, () => now);
  return {
    subject,
    onShed,
    begun,
    gone,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    enter: (...some: number[]) => {
      for (const id of some) {
        subject.enter({ isGone: () => gone.has(id), begin: () => void begun.push(id) });
      }
    },
  };
}

const ids = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('a few begin in each turn of the event loop, in the order of arrival', async () => {
  const { begun, enter } = lane({ atOnce: 100, waiting: 100 });
  enter(...ids(1, 40));
  expect(begun).toEqual([]);
  await turn();
  expect(begun).toEqual(ids(1, 16));
  await turn();
  expect(begun).toEqual(ids(1, 32));
});

test('no more are worked on at once than may be', async () => {
  const { subject, begun, enter } = lane({ atOnce: 2, waiting: 10 });
  enter(1, 2, 3, 4);
  for (let turns = 0; turns < 10; turns += 1) await turn();
  expect(begun).toEqual([1, 2]);
  expect([subject.running, subject.waiting]).toEqual([2, 2]);
  subject.leave();
  for (let turns = 0; turns < 10; turns += 1) await turn();
  expect(begun).toEqual([1, 2, 3]);
});

test('whoever is gone when it is their turn has cost nothing', async () => {
  const { subject, begun, gone, enter } = lane({ atOnce: 2, waiting: 10 });
  enter(1, 2, 3);
  gone.add(1).add(2);
  for (let turns = 0; turns < 10; turns += 1) await turn();
  expect(begun).toEqual([3]);
  expect([subject.running, subject.waiting]).toEqual([1, 0]);
});

test('a burst may fill the room', () => {
  const { subject, enter } = lane({ atOnce: 1, waiting: 16 });
  enter(...ids(1, 15));
  expect(subject.hasRoom()).toBe(true);
  enter(16);
  expect(subject.hasRoom()).toBe(false);
});

describe('where everybody begins late', () => {
  /** One has come out of a queue in which each waits for 101 ms; ten are left. */
  async function late() {
    const one = lane({ atOnce: 1, waiting: 16 });
    const { subject, enter, pass } = one;
    enter(0);
    await turn();
    enter(...ids(1, 10));
    for (let n = 0; n < 10; n += 1) {
      enter(0);
      pass(101);
      subject.leave();
      await turn();
    }
    return one;
  }

  test('for up to a second the whole room is there', async () => {
    const { subject } = await late();
    expect([subject.waiting, subject.hasRoom()]).toEqual([10, true]);
  });

  test('for more than a second an eighth of it is left', async () => {
    const { subject, pass } = await late();
    pass(1_000);
    expect([subject.waiting, subject.hasRoom()]).toEqual([10, false]);
    for (let left = 9; left >= 1; left -= 1) {
      subject.leave();
      await turn();
      expect([left, subject.hasRoom()]).toEqual([left, left < 2]);
    }
  });

  test('the whole room is back as soon as nobody waits', async () => {
    const { subject, pass, enter } = await late();
    pass(1_000);
    for (let left = 10; left > 0; left -= 1) {
      subject.leave();
      await turn();
    }
    enter(...ids(1, 10));
    expect([subject.waiting, subject.hasRoom()]).toEqual([10, true]);
  });

  test('the whole room is back as soon as somebody begins soon', async () => {
    const { subject, pass, enter } = await late();
    pass(1_000);
    for (let left = 10; left > 1; left -= 1) {
      subject.leave();
      await turn();
    }
    enter(...ids(1, 10));
    subject.leave();
    await turn(); // the last one that was late
    expect(subject.hasRoom()).toBe(false);
    subject.leave();
    await turn();
    expect([subject.waiting, subject.hasRoom()]).toEqual([9, true]);
  });
});

test('a queue in which everyone begins soon is none that stands', async () => {
  const { subject, pass, enter } = lane({ atOnce: 1, waiting: 16 });
  enter(...ids(1, 11));
  await turn();
  for (let n = 0; n < 100; n += 1) {
    enter(n);
    pass(9);
    subject.leave();
    await turn();
  }
  expect([subject.waiting, subject.hasRoom()]).toEqual([10, true]);
});

test('of those who are shed as many are told in each turn, while others are worked on', async () => {
  const { subject, onShed, begun, enter } = lane({ atOnce: 100, waiting: 100 });
  const told: number[] = [];
  enter(...ids(1, 40));
  for (const id of ids(1, 40)) subject.refuse(() => void told.push(id));
  expect(onShed).toHaveBeenCalledTimes(40);
  expect([subject.shed, told]).toEqual([40, []]);
  await turn();
  expect([begun, told]).toEqual([ids(1, 16), ids(1, 16)]);
  await turn();
  expect([begun, told]).toEqual([ids(1, 32), ids(1, 32)]);
});

test('who must be told at once is', () => {
  const { subject } = lane({ atOnce: 1, waiting: 1 });
  const tell = vi.fn();
  subject.refuse(tell, { isAtOnce: true });
  expect(tell).toHaveBeenCalledOnce();
  expect(subject.shed).toBe(1);
});

test('where no more may be worked on, those who are shed are told so', async () => {
  const { subject, begun, enter } = lane({ atOnce: 1, waiting: 1 });
  enter(1, 2);
  await turn();
  const told = await new Promise((tell) => subject.refuse(() => tell('told')));
  expect([told, begun]).toEqual(['told', [1]]);
});

test.each([
  ['POST', '/auth/register', 'passwords'],
  ['POST', '/auth/login', 'passwords'],
  ['PUT', '/auth/password', 'passwords'],
  ['GET', '/auth/login', 'others'],
  ['POST', '/auth/refresh', 'others'],
  ['GET', '/todos?limit=1', 'others'],
  ['HEAD', '/todos', 'others'],
  ['GET', '/nowhere', 'others'],
  ['GET', '/healthz', undefined],
  ['GET', '/healthz?at=night', undefined],
  ['HEAD', '/healthz', undefined],
  ['GET', '/readyz', undefined],
  ['GET', '/.well-known/jwks.json', undefined],
  ['GET', '/metrics', undefined],
  ['HEAD', '/metrics', undefined],
  ['OPTIONS', '/todos', undefined],
] as const)('%s %s waits with the %s', (method, url, expected) => {
  const { byName, laneOf } = createLanes(readConfig({}));
  expect(laneOf({ method, url })).toBe(expected && byName[expected]);
});
