// Loaded only if OTEL_EXPORTER_OTLP_ENDPOINT is set: OpenTelemetry costs start time and memory.
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
import { redactPath } from './access-log.ts';

export interface TracingOptions {
  /** The URL of the collector (OTLP over HTTP). */
  endpoint: string;
  /** The share of the traces to sample, unless the caller has decided. */
  ratio: number;
  /** The value of `db.system.name`. */
  database: string;
  logger: Logger;
}

export interface Tracing {
  /** Runs a request within a span, which continues the trace of the caller. */
  traceRequest(context: RequestContext, run: () => void): void;
  /** Adds a span for a statement that the current request has run. */
  recordStatement(event: LogEvent): void;
  /** Sends the remaining spans, within a limit of time. */
  close(): Promise<void>;
}

/** The limit for sending a batch of spans, and so for the end of the process. */
const EXPORT_TIMEOUT_MS = 3_000;

export function startTracing({ endpoint, ratio, database, logger }: TracingOptions): Tracing {
  const logExportError = (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
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
  const activeContext = new AsyncLocalStorage<Context>();

  return {
    // As `hrTime`: OpenTelemetry would shift a number by an offset of each span, up to a millisecond.
    traceRequest(context, run) {
      const options = { kind: SpanKind.SERVER, startTime: hrTime(performance.now()) };
      const span = tracer.startSpan(context.method, options, extractParentContext(context.request));
      if (!span.isRecording()) return run(); // not sampled
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

    recordStatement(event) {
      const context = activeContext.getStore();
      if (!context) return; // outside of requests, as the retention job
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

/** Without a logger, which is global, OpenTelemetry hides that it cannot send spans. */
function installErrorLogger(logExportError: (error: unknown) => void): void {
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

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override the defaults. */
function describeService() {
  const attributes = { 'service.name': 'openapi-todos', 'service.version': document.info.version };
  return defaultResource()
    .merge(resourceFromAttributes(attributes))
    .merge(detectResources({ detectors: [envDetector] }));
}

/**
 * The span of the caller (W3C Trace Context). Its `tracestate` is ignored: the service calls no other
 * service that could use it.
 */
function extractParentContext({ headers }: IncomingMessage): Context {
  const { traceparent } = headers;
  const caller = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null;
  return caller ? trace.setSpanContext(ROOT_CONTEXT, { ...caller, isRemote: true }) : ROOT_CONTEXT;
}

/** With the names of OpenTelemetry's semantic conventions where there are any. */
function describeRequest(context: RequestContext): Attributes {
  const { operation, method, route, status, scheme, principal, requestId } = context;
  return {
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
    'url.scheme': scheme,
    'url.path': redactPath(context),
    'openapi.operation.id': operation?.id,
    'enduser.id': principal?.userId,
    'session.id': principal?.sessionId,
    'request.id': requestId,
    ...(status >= 500 && { 'error.type': String(status) }),
  };
}

/** The text of a statement has no values: all of them are parameters. */
function describeStatement(sql: string): { name: string; attributes: Attributes } {
  const verb = /^\w+/.exec(sql)?.[0].toUpperCase() ?? 'SQL';
  const table = /\b(?:from|into|update) "(\w+)"/.exec(sql)?.[1];
  return {
    name: table ? `${verb} ${table}` : verb,
    attributes: {
      'db.operation.name': verb,
      'db.query.text': sql,
      ...(table && { 'db.collection.name': table }),
    },
  };
}

function findErrorType(error: unknown): string {
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  if (hasCode) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}
