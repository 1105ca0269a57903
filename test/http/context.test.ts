import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createClientLookup } from '../../src/http/client-address.ts';
import { RequestContext } from '../../src/http/context.ts';
import { RequestQueue } from '../../src/server/request-queue.ts';

function createContext(): RequestContext {
  const request = new IncomingMessage(new Socket());
  return new RequestContext(request, new ServerResponse(request), createClientLookup([])(request));
}

test('RequestContext: a request that waits for a slot of another queue has released its own', async () => {
  const others = new RequestQueue({ maxConcurrent: 1, maxQueued: 1 });
  const passwords = new RequestQueue({ maxConcurrent: 1, maxQueued: 1 });
  const [first, second] = [createContext(), createContext()];
  expect(await first.acquireSlot(passwords)).toBe('started');

  expect(await second.acquireSlot(others)).toBe('started');
  const waiting = second.acquireSlot(passwords, 'network');
  expect([others.running, passwords.running, passwords.waiting]).toEqual([0, 1, 1]);

  first.releaseSlot();
  expect(await waiting).toBe('started');
  second.releaseSlot();
  second.releaseSlot();
  expect([others.running, passwords.running]).toEqual([0, 0]);
});

test('RequestContext: a rejected request has no slot to release', async () => {
  const others = new RequestQueue({ maxConcurrent: 1, maxQueued: 1 });
  const full = new RequestQueue({ maxConcurrent: 1, maxQueued: 0 });
  const context = createContext();
  await context.acquireSlot(others);
  expect(await context.acquireSlot(full)).toBe('rejected');
  context.releaseSlot();
  expect([others.running, full.running]).toEqual([0, 0]);
});
