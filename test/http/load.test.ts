import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLanes } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { Lane } from '../../src/http/load.ts';

function lane(limits: { atOnce: number; waiting: number }) {
  let now = 0;
  const begun: number[] = [];
  const gone = new Set<number>();
  const subject = new Lane(limits, () => now);
  return {
    subject,
    begun,
    gone,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    enter: (...ids: number[]) => {
      for (const id of ids) {
        subject.enter({ isGone: () => gone.has(id), begin: () => void begun.push(id) });
      }
    },
  };
}

test('one begins in each turn of the event loop, in the order of arrival', async () => {
  const { begun, enter } = lane({ atOnce: 10, waiting: 10 });
  enter(1, 2, 3);
  expect(begun).toEqual([]);
  await turn();
  expect(begun).toEqual([1]);
  await turn();
  expect(begun).toEqual([1, 2]);
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

test('a burst may fill the room, and a queue that stands finds an eighth of it', async () => {
  const { subject, pass, enter } = lane({ atOnce: 1, waiting: 16 });
  enter(...Array.from({ length: 15 }, (_, id) => id));
  expect(subject.hasRoom()).toBe(true);
  enter(15);
  expect(subject.hasRoom()).toBe(false);
  await turn(); // one has begun
  expect(subject.hasRoom()).toBe(true);
  pass(1001);
  expect(subject.hasRoom()).toBe(false);
  for (let left = 15; left > 1; left -= 1) {
    subject.leave();
    await turn();
    await turn();
    expect(subject.hasRoom()).toBe(subject.waiting < 2);
  }
  subject.leave();
  await turn();
  await turn();
  expect(subject.waiting).toBe(0);
  enter(...Array.from({ length: 10 }, (_, id) => id)); // the whole room is back
  expect(subject.hasRoom()).toBe(true);
});

test('of those who are shed two are told in each turn, while others are worked on', async () => {
  const { subject, begun, enter } = lane({ atOnce: 10, waiting: 10 });
  const told: number[] = [];
  enter(1, 2);
  for (const id of [1, 2, 3, 4, 5]) subject.refuse(() => void told.push(id));
  expect([subject.shed, told]).toEqual([5, []]);
  await turn();
  expect([begun, told]).toEqual([[1], [1, 2]]);
  await turn();
  expect([begun, told]).toEqual([
    [1, 2],
    [1, 2, 3, 4],
  ]);
  await turn();
  expect(told).toEqual([1, 2, 3, 4, 5]);
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
