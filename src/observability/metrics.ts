import cluster from 'node:cluster';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { AUDIT_EVENTS, type AuditEvent } from '../auth/audit-repository.ts';
import type { PoolUsage } from '../database/connect.ts';
import { isLostConnection, PoolExhausted } from '../database/errors.ts';
import type { RetentionObserver } from '../database/retention-job.ts';
import { retryCounts } from '../database/retry.ts';
import type { RequestQueue } from '../server/request-queue.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

/** What the service counts, and who tells it: those who do know nothing of Prometheus. */
export interface Metrics {
  registry: Registry;
  /** All of them, in Prometheus' text format. */
  render(): Promise<string>;
  /** An event of the trail is certain. */
  countAuditEvent(event: AuditEvent): void;
  /** A request could not be answered because of the database. */
  countDatabaseFailure(error: unknown): void;
  retention: RetentionObserver;
}

/**
 * @param poolUse how the connections to the database are used, if there is a pool of them
 * @param queues where requests wait, by name
 */
export function createMetrics(
  poolUse: () => PoolUsage | undefined,
  queues: Record<string, RequestQueue>,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  observeQueues(registers, queues);
  observePool(registers, poolUse);
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

/** What has not happened yet is 0 and not absent, so that the first time is a rise. */
function createEventCounter(registers: Registry[]) {
  const events = new Counter({
    name: 'auth_events_total',
    help: 'Events of the audit trail that this process has committed; reason: why a session was revoked',
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
    help: 'Requests with a password to hash, and others, that are worked on or wait for their turn',
    labelNames: ['lane', 'state'] as const,
    registers,
    collect() {
      for (const [lane, { running, waiting }] of Object.entries(queues)) {
        this.set({ lane, state: 'running' }, running);
        this.set({ lane, state: 'waiting' }, waiting);
      }
    },
  });
  new Counter({
    name: 'http_requests_shed_total',
    help: 'Requests answered with 503 because there was no room for them',
    labelNames: ['lane'] as const,
    registers,
    collect() {
      this.reset();
      for (const [lane, { rejected }] of Object.entries(queues)) this.inc({ lane }, rejected);
    },
  });
}

function observePool(registers: Registry[], poolUse: () => PoolUsage | undefined) {
  new Gauge({
    name: 'database_pool_connections',
    help: 'Connections to PostgreSQL by state, and requests that wait for one',
    labelNames: ['state'] as const,
    registers,
    collect() {
      const use = poolUse();
      if (!use) return;
      for (const state of ['busy', 'idle', 'waiting'] as const) this.set({ state }, use[state]);
    },
  });
}

function createFailureCounter(registers: Registry[]) {
  new Counter({
    name: 'database_retries_total',
    help: 'Statements and transactions that were tried again: another one was in the way, or the connection was lost',
    labelNames: ['cause'] as const,
    registers,
    collect() {
      this.reset();
      for (const [cause, count] of Object.entries(retryCounts)) this.inc({ cause }, count);
    },
  });
  const failures = new Counter({
    name: 'database_failures_total',
    help: 'Requests answered with 503 because of the database: no free connection in the pool, no connection at all, a statement that it could not do',
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
    help: 'Rows that the sweep has deleted because they were over',
    registers,
  });
  const failures = new Counter({
    name: 'sweep_failures_total',
    help: 'Sweeps that were broken off by an error; the next one tries again',
    registers,
  });
  const duration = new Gauge({
    name: 'sweep_duration_seconds',
    help: 'How long the last sweep took',
    aggregator: 'max',
    registers,
  });
  const success = new Gauge({
    name: 'sweep_last_success_timestamp_seconds',
    help: 'When the last sweep came to its end, 0 if none has yet',
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
