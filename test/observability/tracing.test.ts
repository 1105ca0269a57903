import { describe, expect, test } from 'vitest';
import { ENGINE, FAULTS } from '../support/database.ts';
import { breakDatabase } from '../support/database-faults.ts';
import { send } from '../support/http.ts';
import { type Span, startCollector } from '../support/otlp-collector.ts';
import { startService } from '../support/service.ts';
import { startProcess } from '../support/service-process.ts';
import { DEMO, signIn } from '../support/users.ts';

const REQUEST_ID = '019ab1d0-5c00-7000-8000-0000000000aa';
const CALLER = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) };
const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`;

function named(spans: Span[], name: string): Span[] {
  return spans.filter((span) => span.name === name);
}

/** Starts a service that is traced, lets `work` use it, and stops it. */
async function trace(
  work: (service: Awaited<ReturnType<typeof startService>>) => Promise<void>,
  variables: Record<string, string> = {},
) {
  await using collector = await startCollector();
  await using service = await startService({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    ...variables,
  });
  await work(service);
  await service.close();
  return { spans: collector.spans(), requests: collector.requests, log: service.log };
}

test('traces: a request is a span with operation, route and status, and its statements are child spans', async () => {
  let id = '';
  let user = '';
  let session = '';
  const { spans, requests, log } = await trace(async (service) => {
    const { access_token: token } = await signIn(service);
    user = (await (await send(service, { path: '/auth/me', token })).json()).id;
    [{ id: session }] = await (await send(service, { path: '/auth/sessions', token })).json();
    const body = { title: 'Buy milk' };
    id = (await (await send(service, { method: 'POST', path: '/todos', token, body })).json()).id;
    const headers = { traceparent, tracestate: 'vendor=1', 'X-Request-Id': REQUEST_ID };
    await send(service, { path: `/todos/${id}?`, token, headers });
  });

  expect(requests.map(({ path, headers }) => [path, headers['content-type']])).toContainEqual([
    '/v1/traces',
    'application/x-protobuf',
  ]);
  const [got, ...others] = named(spans, 'GET /todos/{todo_id}');
  expect(others).toEqual([]);
  expect(got).toEqual({
    traceId: CALLER.traceId,
    spanId: expect.stringMatching(/^[\da-f]{16}$/),
    parentSpanId: CALLER.spanId,
    traceState: '',
    name: 'GET /todos/{todo_id}',
    kind: 2,
    start: expect.any(BigInt),
    end: expect.any(BigInt),
    status: 0,
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/todos/{todo_id}',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'url.path': `/todos/${id}`,
      'openapi.operation.id': 'getTodo',
      'enduser.id': user,
      'session.id': session,
      'request.id': REQUEST_ID,
    },
    resource: expect.objectContaining({
      'service.name': 'openapi-todos',
      'service.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
    }),
  });

  const statements = spans.filter((span) => span.parentSpanId === got?.spanId);
  const system = ENGINE === 'sqlite' ? 'sqlite' : 'postgresql';
  expect(statements.map(({ name }) => name)).toEqual(['SELECT sessions', 'SELECT todos']);
  for (const statement of statements) {
    expect(statement).toMatchObject({ traceId: CALLER.traceId, kind: 3, status: 0 });
    expect(statement.attributes).toEqual({
      'db.system.name': system,
      'db.operation.name': 'SELECT',
      'db.collection.name': statement.name.split(' ')[1],
      'db.query.text': expect.stringMatching(/^select .* where .*(\?|\$1)/),
    });
    expect(statement.start).toBeGreaterThanOrEqual(got?.start ?? 0n);
    expect(statement.end).toBeLessThanOrEqual(got?.end ?? 0n);
    expect(statement.end).toBeGreaterThan(statement.start);
  }
  const line = log.find((entry) => entry.includes(REQUEST_ID)) ?? '{}';
  expect(JSON.parse(line)).toMatchObject({ request_id: REQUEST_ID, trace_id: CALLER.traceId });
});

test('traces: the statements and the transaction of a request with a body are its child spans', async () => {
  const { spans } = await trace(async (service) => {
    const { refresh_token } = await signIn(service);
    const body = { refresh_token };
    await send(service, { method: 'POST', path: '/auth/refresh', body });
  });
  const [refresh] = named(spans, 'POST /auth/refresh');
  const own = spans.filter(({ parentSpanId }) => parentSpanId === refresh?.spanId);
  expect(own.map(({ name }) => name)).toEqual([
    'BEGIN',
    'UPDATE sessions',
    'INSERT spent_refresh_tokens',
    'INSERT audit_events',
    'SELECT users',
    'COMMIT',
  ]);
  expect(new Set(own.map(({ traceId }) => traceId))).toEqual(new Set([refresh?.traceId]));
  expect(refresh?.parentSpanId).toBe('');
});

test('traces: parallel requests have only their own statements as child spans', async () => {
  const { spans } = await trace(async (service) => {
    const { access_token: token } = await signIn(service);
    await Promise.all(Array.from({ length: 20 }, () => send(service, { path: '/todos', token })));
  });
  const requests = named(spans, 'GET /todos');
  expect(new Set(requests.map(({ traceId }) => traceId)).size).toBe(20);
  for (const { spanId } of requests) {
    const own = spans.filter(({ parentSpanId }) => parentSpanId === spanId);
    expect(own.map(({ name }) => name)).toEqual(['SELECT sessions', 'SELECT todos']);
  }
});

test('traces: a statement that fails is an error, and its request is one if it gets a 5xx', async () => {
  const { spans } = await trace(async (service) => {
    await send(service, { path: '/todos' });
    await send(service, { path: `/nowhere/${DEMO.password}?${DEMO.password}` });
    using _outage = breakDatabase(FAULTS.outages[0]);
    await send(service, { path: '/readyz' });
  });
  expect(named(spans, 'GET /todos')[0]).toMatchObject({
    status: 0,
    attributes: { 'http.response.status_code': 401, 'openapi.operation.id': 'listTodos' },
  });
  const [nowhere] = spans.filter(({ name }) => name === 'GET');
  expect(nowhere?.attributes).toMatchObject({ 'url.path': '/*/*' });
  expect(nowhere?.attributes).not.toHaveProperty('http.route');
  const [ready] = named(spans, 'GET /readyz');
  expect(ready).toMatchObject({ status: 2, attributes: { 'error.type': '503' } });
  const [statement] = spans.filter(({ parentSpanId }) => parentSpanId === ready?.spanId);
  const type = { 'error.type': FAULTS.outages[0] };
  expect(statement).toMatchObject({ name: 'SELECT secrets', status: 2, attributes: type });
});

describe('sampling of traces', () => {
  test('follows the traceparent of the caller', async () => {
    const unsampled = traceparent.replace(/01$/, '00');
    const { spans } = await trace(async (service) => {
      await send(service, { path: '/healthz', headers: { traceparent: unsampled } });
      await send(service, { path: '/.well-known/jwks.json', headers: { traceparent: 'junk' } });
    });
    expect(spans.map(({ name }) => name)).toEqual(['GET /.well-known/jwks.json']);
    expect(spans[0]?.parentSpanId).toBe('');
  });

  test('is otherwise by the configured ratio', async () => {
    const share = { OTEL_TRACES_SAMPLER_ARG: '0' };
    const { spans } = await trace(async (service) => {
      await send(service, { path: '/healthz', headers: { traceparent } });
      await send(service, { path: '/healthz' });
    }, share);
    expect(spans.map(({ traceId }) => traceId)).toEqual([CALLER.traceId]);
  });
});

test('traces: a collector that rejects them is logged, and requests still succeed', async () => {
  await using collector = await startCollector(400);
  await using service = await startService({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/` });
  expect((await send(service, { path: '/healthz' })).status).toBe(200);
  await service.close();
  expect(collector.requests.map(({ path }) => path)).toEqual(['/v1/traces']);
  const messages = service.log
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg !== 'request');
  expect(messages).toEqual([
    expect.objectContaining({ level: 40, reason: 'Bad Request', msg: 'traces not sent' }),
  ]);
});

describe('traces of a process', () => {
  /** Prints the modules of OpenTelemetry that are loaded, by whomever and however. */
  const watch = `import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) {
      const name = /@opentelemetry\\/[\\w-]+/.exec(url)?.[0];
      if (name) process._rawDebug('loaded ' + name);
      return next(url, context);
    } });`;
  const NODE_OPTIONS = `--import=data:text/javascript;base64,${Buffer.from(watch).toString('base64')}`;

  async function loadedWith(variables: Record<string, string>) {
    const database = { DATABASE_URL: 'sqlite::memory:' };
    await using started = await startProcess({ NODE_OPTIONS, ...database, ...variables });
    const { child, output, url, client, exited } = started;
    await client.login(DEMO.username, DEMO.password);
    await client.GET('/todos');
    await fetch(`${url}/metrics`);
    child.kill('SIGTERM');
    expect(await exited()).toBe(0);
    return [...new Set(output.text.match(/(?<=loaded )\S+/g))].toSorted();
  }

  test('without an OTLP endpoint: no OpenTelemetry SDK is loaded', async () => {
    // prom-client loads the API, which does nothing by itself, for its own purposes.
    expect(await loadedWith({})).toEqual(['@opentelemetry/api']);
  });

  test('with an OTLP endpoint: pending spans are sent before the process exits', async () => {
    await using collector = await startCollector();
    const loaded = await loadedWith({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=of-mine',
      OTEL_SERVICE_NAME: 'todos-of-mine',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    expect(loaded).toContain('@opentelemetry/sdk-trace');
    expect(collector.requests[0]?.headers).toMatchObject({ 'x-api-key': 'of-mine' });
    const [login] = named(collector.spans(), 'POST /auth/login');
    expect(login?.resource).toMatchObject({
      'service.name': 'todos-of-mine',
      'deployment.environment.name': 'test',
    });
  });

  test('with an OTLP endpoint that cannot be reached: the process still exits', async () => {
    const loaded = await loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    expect(loaded).toContain('@opentelemetry/sdk-trace');
  });
});
