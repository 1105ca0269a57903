import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../../src/database/connect.ts';
import { ENGINE } from '../support/database.ts';
import { hookedDb, type Statement } from '../support/database-faults.ts';

/** One process of the service, as a schedule sees it. */
export interface Process {
  db: Db;
  /** Calls `effect` after each commit of this process, before another process goes on. */
  onCommit(effect: () => void): void;
}

/** What is interleaved: something one process does. `kind` says which of them are alike. */
export interface Work {
  kind: string;
  run(process: Process): Promise<void>;
}

/**
 * Where processes stop: before each statement and commit; before transactions and the reads outside
 * of them; or before transactions only.
 */
export type Granularity = 'statements' | 'reads' | 'transactions';

/** The maximum number of works at a time. */
const PROCESSES = 3;

/**
 * Runs `works` side by side, each in a process of its own (connections to one database), in every
 * order in which the engine can run their statements. On SQLite one process at a time holds the lock
 * for writing, and the others wait for it; on PostgreSQL rows are locked, and a process that
 * waits for a lock goes on by itself when it is released. Processes that do the same work are
 * interchangeable.
 */
export function createSchedules(url: string) {
  const connections = new AsyncDisposableStack();
  const seats = Array.from({ length: PROCESSES }, () => createSeat(url));
  for (const { db } of seats) connections.use(db);
  const monitor = connections.use(hookedDb(url));

  /** Waits until every process has stopped: at a place to stop, at the end, or before a lock. */
  async function settle() {
    for (;;) {
      const running = seats.filter((seat) => seat.isRunning).length;
      if (running === 0 || (ENGINE === 'postgres' && running === (await countLockWaits(monitor)))) {
        break;
      }
      await yieldToEventLoop();
    }
    for (const { failure } of seats) if (failure) throw failure.reason;
  }

  /** @returns how many schedules there are */
  async function every(
    granularity: Granularity,
    schedule: () => Promise<{ works: Work[]; check: (trace: string[]) => Promise<void> }>,
  ): Promise<number> {
    let schedules = 0;
    for (let path: Choice[] | undefined = []; path; path = next(path)) {
      const { works, check } = await schedule();
      const trace = await follow(path, works, granularity);
      await check(trace);
      schedules += 1;
    }
    return schedules;
  }

  /** Follows the path as far as it goes and then takes the first way; writes down all choices. */
  async function follow(path: Choice[], works: Work[], granularity: Granularity) {
    const trace: string[] = [];
    const actors = works.map((work, index) => {
      const seat = seats[index];
      if (!seat) throw new Error('more works than processes');
      return { work, seat, hasStarted: false };
    });
    for (let step = 0; ; step += 1) {
      const isLocked = ENGINE === 'sqlite' && actors.some(({ seat }) => seat.holdsLock);
      const ready = actors.filter(
        ({ work, seat, hasStarted }, index) =>
          (hasStarted ? seat.parkedAt !== undefined : isFirstOfKind(actors, work.kind, index)) &&
          (seat.holdsLock || !isLocked || !seat.wantsLock),
      );
      if (ready.length === 0) {
        const isOver = ({ hasStarted, seat }: (typeof actors)[number]) =>
          hasStarted && !seat.isRunning && !seat.parkedAt;
        if (actors.every(isOver)) return trace;
        throw new Error(`no process can go on after ${trace.join(', ')}`);
      }
      path[step] ??= { taken: 0, of: ready.length };
      const actor = ready[path[step]?.taken ?? 0];
      if (!actor) throw new Error('the works are not deterministic');
      trace.push(`${actors.indexOf(actor)}:${actor.hasStarted ? actor.seat.parkedAt : 'start'}`);
      if (actor.hasStarted) actor.seat.go();
      else actor.seat.start(actor.work, granularity);
      actor.hasStarted = true;
      await settle();
    }
  }

  return { every, [Symbol.asyncDispose]: () => connections.disposeAsync() };
}

/**
 * How many connections to the database wait for a lock that another one holds. PostgreSQL announces
 * no wait when it begins (its log does, after a timeout), so `settle` asks again and again.
 */
async function countLockWaits(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`.execute(db);
  return rows[0]?.count ?? 0;
}

interface Choice {
  taken: number;
  of: number;
}

/** The next path in order, or undefined after the last. */
function next(path: Choice[]): Choice[] | undefined {
  const turn = path.findLastIndex(({ taken, of }) => taken + 1 < of);
  if (turn < 0) return undefined;
  return path
    .slice(0, turn + 1)
    .map(({ taken, of }, index) => ({ taken: index === turn ? taken + 1 : taken, of }));
}

function isFirstOfKind(actors: { work: Work; hasStarted: boolean }[], kind: string, at: number) {
  return actors.findIndex(({ work, hasStarted }) => work.kind === kind && !hasStarted) === at;
}

const WRITES: Statement[] = ['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode'];

function createSeat(url: string) {
  let granularity: Granularity = 'statements';
  let inTransaction = false;
  let effect = () => {};
  let resume = () => {};
  const seat = {
    parkedAt: undefined as Statement | undefined,
    /** Whether it is on its way to where it stops next. */
    isRunning: false,
    /** What its work threw. */
    failure: undefined as { reason: unknown } | undefined,
    holdsLock: false,
    wantsLock: false,
    /** Runs until the work stops somewhere or is done. */
    start(work: Work, by: Granularity): void {
      granularity = by;
      seat.isRunning = true;
      seat.failure = undefined;
      effect = () => {};
      const onCommit = (given: () => void) => {
        effect = given;
      };
      work
        .run({ db: seat.db, onCommit })
        .catch((reason: unknown) => {
          seat.failure = { reason };
        })
        .finally(() => {
          seat.isRunning = false;
        });
    },
    go(): void {
      seat.isRunning = true;
      resume();
    },
    db: hookedDb(url, {
      async before(statement) {
        if (statement === 'begin') {
          inTransaction = true;
          return;
        }
        if (granularity !== 'statements' && seat.holdsLock) return;
        const isWrite = WRITES.includes(statement);
        if (granularity === 'transactions' && !isWrite) return;
        seat.wantsLock = isWrite;
        await park(statement);
        seat.wantsLock = false;
        if (isWrite && inTransaction) seat.holdsLock = true;
      },
      after(statement) {
        if (statement !== 'commit') return;
        effect();
        inTransaction = seat.holdsLock = false;
      },
    }),
  };
  function park(statement: Statement): Promise<void> {
    seat.parkedAt = statement;
    seat.isRunning = false;
    return new Promise((go) => {
      resume = () => {
        seat.parkedAt = undefined;
        go();
      };
    });
  }
  return seat;
}
