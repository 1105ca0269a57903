// The errors about HTTP itself, which come from every path. Most of them need a request that no client
// of HTTP sends. 408 is not here: it takes minutes.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { check } from '../checks.ts';
import { remember } from '../exchange.ts';
import { holds } from '../expect.ts';
import { serviceWith } from '../service-with.ts';
import { target } from '../target.ts';

const GET = 'GET /healthz HTTP/1.1';

/** The status and code of a row of the contract's table, and a request that they answer. */
const REQUESTS: [status: number, code: string, ...head: string[]][] = [
  [400, 'invalid_request', 'GET /%zz HTTP/1.1', 'Host: localhost'],
  [417, 'expectation_failed', GET, 'Host: localhost', 'Expect: nonsense'],
  [421, 'misdirected_request', GET, 'Host: contract.invalid'],
  [431, 'headers_too_large', GET, 'Host: localhost', `X-Large: ${'a'.repeat(100_000)}`],
  [501, 'method_not_implemented', 'NONSENSE /healthz HTTP/1.1', 'Host: localhost'],
];

serviceWith('errors about HTTP itself', { ALLOWED_HOSTS: 'localhost' }, () => {
  for (const [status, code, ...head] of REQUESTS) {
    check(status, code, async () => {
      const { response, problem } = await exchange([...head, 'Connection: close', '', '']);
      const found = [response.status, Reflect.get(Object(problem), 'code')];
      holds({ response }, `| ${status} | \`${code}\` |`, found, [status, code]);
    });
  }
});

/** Sends lines over a socket of its own. */
async function exchange(lines: string[]) {
  const { hostname, port } = new URL(target.baseUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => {}); // the service may close it before it has read all
  socket.write(lines.join('\r\n'));
  const received = await text(socket);
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(received) ?? [];
  const body = received.slice(received.indexOf('\r\n\r\n') + 4);
  const response = new Response(body, { status: Number(status) });
  const [method = ''] = lines;
  const request = { method, url: '', headers: new Headers(), body: '' };
  const { headers } = response;
  remember(response, {
    operation: undefined,
    template: '',
    request,
    response: { status: response.status, headers, body },
  });
  const problem: unknown = JSON.parse(body);
  return { response, problem };
}
