import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

async function getKeepAlive({ url }: TestService) {
  using agent = useAgent();
  const [response]: IncomingMessage[] = await once(get(`${url}/healthz`, agent), 'response');
  response?.resume();
  return response?.headers['keep-alive'];
}

function useAgent() {
  const agent = new Agent({ keepAlive: true });
  return { agent, [Symbol.dispose]: () => agent.destroy() };
}

test('an idle connection stays open for 65 s, longer than the 60 s of load balancers', async () => {
  await using app = await startService();
  expect(await getKeepAlive(app)).toBe('timeout=65');
});

test('KEEP_ALIVE_SECONDS=120: an idle connection stays open for 120 s', async () => {
  await using app = await startService({ KEEP_ALIVE_SECONDS: '120' });
  expect(await getKeepAlive(app)).toBe('timeout=120');
});
