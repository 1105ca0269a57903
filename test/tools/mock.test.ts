// The mock, called as a client is written against it: every operation, with every status it declares.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/tools.ts';
import { createClient } from '../../src/client/index.ts';
import { document, listOperations } from '../../src/http/openapi-document.ts';
import { runScript } from '../support/cli.ts';
import { freePorts } from '../support/free-ports.ts';
import { collectOutput } from '../support/process-output.ts';

const [port] = await freePorts(1);
const command = [join(ROOT, 'scripts/mock.ts'), '--port', `${port}`];
const mock = spawn(process.execPath, command);
afterAll(() => {
  mock.kill();
  return once(mock, 'close');
});
const banner = collectOutput(mock);
while (!banner.text.includes('curl')) await once(mock.stdout, 'data');
const url = /http:\S+/.exec(banner.text)?.[0] ?? '';

const ID = '019ab1d0-5c00-7a5e-8c1d-3f6b9e2d4a01';
/** No type says that these are no references. */
const examples = document.components?.examples as Record<string, { value: unknown }>;
const cases = [...listOperations(document)].flatMap(({ path, method, operation }) =>
  Object.keys(operation.responses ?? {}).map((status) => ({ path, method, operation, status })),
);

test.each(cases)(
  '$method $path can answer $status',
  async ({ path, method, operation, status }) => {
    const { body, ...headers } = contentOf(operation);
    const response = await fetch(`${url}${path.replace(/\{\w+\}/, ID)}`, {
      method: method.toUpperCase(),
      headers: { Authorization: 'Bearer anything', Prefer: `code=${status}`, ...headers },
      ...(body && { body }),
    });
    expect(response.status).toBe(Number(status));
    expect(response.headers.get('X-Request-Id')).toMatch(/./);
    const text = await response.text();
    if (Number(status) >= 400) expect(JSON.parse(text)).toMatchObject({ status: Number(status) });
  },
);

/** An operation's own example of what it takes. */
function contentOf({ requestBody }: (typeof cases)[number]['operation']) {
  if (!requestBody || !('content' in requestBody)) return {};
  const [type = '', media] = Object.entries(requestBody.content)[0] ?? [];
  const [example] = Object.values(media?.examples ?? {});
  const name = example && '$ref' in example ? example.$ref.split('/').at(-1) : undefined;
  const { value } = examples[name ?? ''] ?? {};
  return { 'Content-Type': type, body: JSON.stringify(value) };
}

test('the typed client works with the mock server', async () => {
  const client = createClient({ baseUrl: url });
  await client.login('testuser', 'testpass123');
  const { data: todos } = await client.GET('/todos');
  expect(todos?.map(({ title }) => title)).toEqual(['Buy milk', 'Read RFC 9700']);
  const { data: todo } = await client.POST('/todos', { body: { title: 'Buy milk' } });
  expect(todo).toEqual(todos?.[0]);
  const wrong = await client.POST('/todos', { body: { title: '' } });
  expect(wrong.error).toMatchObject({ code: 'invalid_request' });
  const signedOut = await createClient({ baseUrl: url }).GET('/todos');
  expect(signedOut.error).toMatchObject({ code: 'authentication_required' });
});

test('the mock server reports a port in use', async () => {
  const output = expect.stringMatching(/^Something answers on port \d+ already\.\n$/);
  expect(await runScript(command)).toEqual({ code: 1, output });
});
