// A user's todos are read step by step, so that other requests run in between: a statement of an
// embedded database blocks the process.
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { type Expression, expressionBuilder, type SqlBool } from 'kysely';
import { compiledQuery } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';
import type { Database } from '../database/schema.ts';
import type { Position } from './cursor.ts';

export interface ListOrder {
  orderBy: 'created_at' | 'updated_at';
  direction: 'asc' | 'desc';
}

/** A `ListOrder` as the shape of a query. */
export type OrderShape = [ListOrder['orderBy'], ListOrder['direction']];

/** What one statement reads: the todos after a position, up to another. */
export interface StepRange {
  after: Position | undefined;
  upTo?: Position | undefined;
}

/** How many todos a step reads. On SQLite, the largest todos block the event loop for some 5 ms. */
const TODOS_PER_STEP = 100;

/** Divides a user's todos into ranges, and yields to the event loop between them. */
export async function* divideIntoSteps(
  db: Db,
  userId: string,
  { orderBy, direction, after: start }: ListOrder & StepRange,
): AsyncGenerator<StepRange & { number: number }> {
  let after = start;
  for (let number = 1; ; number += 1) {
    const at = after?.at ?? (direction === 'asc' ? -1 : Number.MAX_SAFE_INTEGER);
    const values = { userId, at, id: after?.id ?? '' };
    const [upTo] = await stepEndQuery(db, values, orderBy, direction);
    yield { number, after, upTo };
    if (!upTo) return;
    after = upTo;
    await yieldToEventLoop();
  }
}

/** The position of the last todo of a step. The query reads only the index. */
const stepEndQuery = compiledQuery<Position & { userId: string }, Position, OrderShape>(
  (db, parameter, orderBy, direction) =>
    db
      .selectFrom('todos')
      .select([`${orderBy} as at`, 'id'])
      .where('user_id', '=', parameter('userId'))
      .where(comparePosition({ orderBy, direction }, 'after', parameter('at'), parameter('id')))
      .orderBy(orderBy, direction)
      .orderBy('id', direction)
      .limit(1)
      .offset(TODOS_PER_STEP - 1),
);

const OPERATORS = { asc: { after: '>', upTo: '<=' }, desc: { after: '<', upTo: '>=' } } as const;

/** Compares todos with one end of a range, in the order of the list, as a condition in SQL. */
export function comparePosition(
  { orderBy, direction }: ListOrder,
  end: keyof StepRange,
  at: number | Expression<number>,
  id: string | Expression<string>,
): Expression<SqlBool> {
  const { eb, refTuple, tuple } = expressionBuilder<Database, 'todos'>();
  return eb(refTuple(orderBy, 'id'), OPERATORS[direction][end], tuple(at, id));
}
