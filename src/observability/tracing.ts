// Loaded only where traces are sent (OTEL_EXPORTER_OTLP_ENDPOINT): a service without pays nothing.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import {
  type Attributes,
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { hrTime, parseTraceParent, setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { LogEvent } from 'kysely';
import type { Logger } from 'pino';
import type { RequestContext } from '../http/context.ts';
import { document } from '../http/openapi-document.ts';
import { loggablePath } from './access-log.ts';

export interface TracingOptions {
  /** Where spans go, by OTLP over HTTP. */
  endpoint: string;
  /** What share of the traces is kept where the caller has not decided. */
  ratio: number;
  /** What `db.system.name` calls the database. */
  database: string;
  logger: Logger;
}

export interface Tracing {
  /** A span for each request; it goes on with the caller's trace. */
  request(context: RequestContext, run: () => void): void;
  /** A span for each statement that a request has run. */
  statement(event: LogEvent): void;
  /** Sends what has not been sent yet, as long as that takes no longer than its limit. */
  close(): Promise<void>;
}

/** For how long a collector may keep a batch, and so the end of the process, waiting. */
const EXPORT_TIMEOUT_MS = 3_000;

export function startTracing({ endpoint, ratio, database, logger }: TracingOptions): Tracing {
  const logExportError = (trouble: unknown) => {
    const reason = trouble instanceof Error ? trouble.message : String(trouble);
    logger.warn({ reason }, 'traces not sent');
  };
  installErrorLogger(logExportError);
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS });
  const provider = new TracerProvider({
    resource: describeService(),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('openapi-todos');
  /** The request that is being answered. */
  const activeContext = new AsyncLocalStorage<Context>();

  return {
    // Times as `hrTime`: each span would correct a number by an offset of its own, up to a millisecond.
    request(context, run) {
      const options = { kind: SpanKind.SERVER, startTime: hrTime(performance.now()) };
      const span = tracer.startSpan(context.method, options, extractParentContext(context.request));
      if (!span.isRecording()) return run(); // not kept: it costs no more than that
      context.traceId = span.spanContext().traceId;
      context.response.once('close', () => {
        const { method, route, status } = context;
        if (route !== undefined) span.updateName(`${method} ${route}`);
        span.setAttributes(describeRequest(context));
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end(hrTime(performance.now()));
      });
      activeContext.run(trace.setSpan(ROOT_CONTEXT, span), run);
    },

    statement(event) {
      const context = activeContext.getStore();
      if (!context) return; // of the service's own: nobody waits for it
      const end = performance.now();
      const options = { kind: SpanKind.CLIENT, startTime: hrTime(end - event.queryDurationMillis) };
      const { name, attributes } = describeStatement(event.query.sql);
      const span = tracer.startSpan(name, options, context);
      span.setAttributes({ 'db.system.name': database, ...attributes });
      if (event.level === 'error') {
        span.setAttribute('error.type', findErrorType(event.error));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end(hrTime(end));
    },

    close: () => provider.shutdown().catch(logExportError),
  };
}

/** OpenTelemetry keeps its troubles to itself unless it has somebody to tell, one for the process. */
function installErrorLogger(logExportError: (trouble: unknown) => void): void {
  const silent = () => undefined;
  const listener = {
    error: logExportError,
    warn: logExportError,
    info: silent,
    debug: silent,
    verbose: silent,
  };
  diag.setLogger(listener, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  setGlobalErrorHandler(logExportError);
}

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word. */
function describeService() {
  const attributes = { 'service.name': 'openapi-todos', 'service.version': document.info.version };
  return defaultResource()
    .merge(resourceFromAttributes(attributes))
    .merge(detectResources({ detectors: [envDetector] }));
}

/**
 * The caller's span (W3C Trace Context). Its `tracestate` is left out: there is nobody to pass it on
 * to, and it is a text of a stranger's.
 */
function extractParentContext({ headers }: IncomingMessage): Context {
  const { traceparent } = headers;
  const caller = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null;
  return caller ? trace.setSpanContext(ROOT_CONTEXT, { ...caller, isRemote: true }) : ROOT_CONTEXT;
}

/** In the names of OpenTelemetry's semantic conventions, as far as they have one. */
function describeRequest(context: RequestContext): Attributes {
  const { operation, method, route, status, scheme, principal, requestId } = context;
  return {
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
    'url.scheme': scheme,
    'url.path': loggablePath(context),
    'openapi.operation.id': operation?.id,
    'enduser.id': principal?.userId,
    'session.id': principal?.sessionId,
    'request.id': requestId,
    ...(status >= 500 && { 'error.type': String(status) }),
  };
}

interface Statement {
  name: string;
  attributes: Attributes;
}

/** There are some dozens of statements, and a few more for lists of different lengths. */
const statements = new Map<string, Statement>();
const MAX_STATEMENTS = 500;

/** Its text holds no values: they are parameters, every one of them. */
function describeStatement(sql: string): Statement {
  const known = statements.get(sql);
  if (known) return known;
  const verb = /^\w+/.exec(sql)?.[0].toUpperCase() ?? 'SQL';
  const table = /\b(?:from|into|update) "(\w+)"/.exec(sql)?.[1];
  const statement = {
    name: table ? `${verb} ${table}` : verb,
    attributes: {
      'db.operation.name': verb,
      'db.query.text': sql,
      ...(table && { 'db.collection.name': table }),
    },
  };
  if (statements.size >= MAX_STATEMENTS) statements.clear();
  statements.set(sql, statement);
  return statement;
}

function findErrorType(error: unknown): string {
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  if (hasCode) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}
