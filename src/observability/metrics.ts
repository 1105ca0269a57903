import cluster from 'node:cluster';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { AUDIT_EVENTS, type AuditEvent } from '../auth/audit-repository.ts';
import { isLostConnection, PoolExhausted } from '../database/errors.ts';
import type { PoolUsage } from '../database/postgres.ts';
import type { RetentionObserver } from '../database/retention.ts';
import { retryCounts } from '../database/retry.ts';
import type { RequestQueue } from '../server/request-queue.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

/** The metrics of the service. The code that reports events does not depend on Prometheus. */
export interface Metrics {
  registry: Registry;
  /** Renders them in the text format of Prometheus. */
  render(): Promise<string>;
  /** Counts an event of the audit log when it is committed. */
  countAuditEvent(event: AuditEvent): void;
  /** Counts a request that was answered with 503 because of the database. */
  countDatabaseFailure(error: unknown): void;
  retention: RetentionObserver;
}

/**
 * @param findPoolUsage how the connections to the database are used, if there is a pool of them
 * @param queues the request queues, by the value of the label `lane`
 */
export function createMetrics(
  findPoolUsage: () => PoolUsage | undefined,
  queues: Record<string, RequestQueue>,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  observeQueues(registers, queues);
  observePool(registers, findPoolUsage);
  const events = createEventCounter(registers);
  const failures = createFailureCounter(registers);
  return {
    registry,
    render: cluster.isWorker ? createWorkerMetrics(registry) : () => registry.metrics(),
    countAuditEvent: ({ event, reason }) => events.inc(reason ? { event, reason } : { event }),
    countDatabaseFailure: (error) => failures.inc({ kind: classifyFailure(error) }),
    retention: observeRetention(registers),
  };
}

/** Every series begins at 0: of one that appears with its first event, `rate()` would miss that. */
function createEventCounter(registers: Registry[]) {
  const events = new Counter({
    name: 'auth_events_total',
    help: 'Events of the audit log that this process has committed; reason: why a session was revoked',
    labelNames: ['event', 'reason'] as const,
    registers,
  });
  for (const event of AUDIT_EVENTS) if (event !== 'session_revoked') events.inc({ event }, 0);
  for (const reason of ['logout', 'logout_all', 'password_change', 'limit'] as const) {
    events.inc({ event: 'session_revoked', reason }, 0);
  }
  return events;
}

function observeQueues(registers: Registry[], queues: Record<string, RequestQueue>) {
  new Gauge({
    name: 'http_requests',
    help: 'Requests that run or wait, by queue: passwords (to hash one) and others',
    labelNames: ['lane', 'state'] as const,
    registers,
    collect() {
      for (const [name, { running, waiting }] of Object.entries(queues)) {
        this.set({ lane: name, state: 'running' }, running);
        this.set({ lane: name, state: 'waiting' }, waiting);
      }
    },
  });
  new Counter({
    name: 'http_requests_shed_total',
    help: 'Requests rejected with 503 because of overload, by queue',
    labelNames: ['lane'] as const,
    registers,
    collect() {
      this.reset();
      for (const [name, { rejected }] of Object.entries(queues)) this.inc({ lane: name }, rejected);
    },
  });
}

function observePool(registers: Registry[], findPoolUsage: () => PoolUsage | undefined) {
  new Gauge({
    name: 'database_pool_connections',
    help: 'Connections to PostgreSQL by state, and requests that wait for one',
    labelNames: ['state'] as const,
    registers,
    collect() {
      const usage = findPoolUsage();
      if (!usage) return;
      for (const state of ['busy', 'idle', 'waiting'] as const) this.set({ state }, usage[state]);
    },
  });
}

function createFailureCounter(registers: Registry[]) {
  new Counter({
    name: 'database_retries_total',
    help: 'Statements and transactions that were retried, by cause: a conflict with another one, or a lost connection',
    labelNames: ['cause'] as const,
    registers,
    collect() {
      this.reset();
      for (const [cause, count] of Object.entries(retryCounts)) this.inc({ cause }, count);
    },
  });
  const failures = new Counter({
    name: 'database_failures_total',
    help: 'Requests answered with 503 because of the database, by kind: no free connection in the pool, no connection, a failed statement',
    labelNames: ['kind'] as const,
    registers,
  });
  for (const kind of ['pool', 'connection', 'statement'] as const) failures.inc({ kind }, 0);
  return failures;
}

function classifyFailure(error: unknown) {
  if (error instanceof PoolExhausted) return 'pool';
  return isLostConnection(error) ? 'connection' : 'statement';
}

function observeRetention(registers: Registry[]): RetentionObserver {
  const rows = new Counter({
    name: 'sweep_deleted_rows_total',
    help: 'Expired rows that the retention job has deleted',
    registers,
  });
  const failures = new Counter({
    name: 'sweep_failures_total',
    help: 'Runs of the retention job that have failed; the next run tries again',
    registers,
  });
  const duration = new Gauge({
    name: 'sweep_duration_seconds',
    help: 'Duration of the last run of the retention job',
    aggregator: 'max',
    registers,
  });
  const success = new Gauge({
    name: 'sweep_last_success_timestamp_seconds',
    help: 'Time of the last successful run of the retention job, 0 if there was none',
    aggregator: 'max',
    registers,
  });
  return {
    onPurged(deleted, seconds) {
      rows.inc(deleted);
      duration.set(seconds);
      success.setToCurrentTime();
    },
    onFailed: () => failures.inc(),
  };
}
