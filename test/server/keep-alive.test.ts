import { expect, test } from 'vitest';
import { startService } from '../support/service.ts';

test.each([
  ['65 s, longer than the 60 s of load balancers', {}, 'timeout=65'],
  ['120 s with KEEP_ALIVE_SECONDS=120', { KEEP_ALIVE_SECONDS: '120' }, 'timeout=120'],
])('an idle connection stays open for %s', async (_, variables, expected) => {
  await using service = await startService(variables);
  const { headers } = await fetch(`${service.url}/healthz`);
  expect(headers.get('Keep-Alive')).toBe(expected);
});
