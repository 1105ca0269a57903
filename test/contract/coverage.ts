// Which of the statuses and headers that the contract declares have been seen in a run.
import { lineOf, type Operation, operations, resolve } from './document.ts';
import type { Exchange } from './exchange.ts';

const seen = new Set<string>();

/** Counts an answer for its operation; a 405 stands for every operation of its path. */
export function markSeen({ operation, template, response }: Exchange): void {
  const answered = operation ? [operation] : operations.filter(({ path }) => path === template);
  for (const { operationId } of answered) {
    seen.add(`${operationId} ${response.status}`);
    for (const name of response.headers.keys())
      seen.add(`${operationId} ${response.status} ${name}`);
  }
}

export function hasSeen(id: string, status: number): boolean {
  return seen.has(`${id} ${status}`);
}

/** A status that an operation declares, or a header of it. */
interface Declaration {
  name: string;
  line: string;
  isSeen: boolean;
}

interface StatusCoverage extends Declaration {
  headers: Declaration[];
}

function coverageOf({ operationId, responses }: Operation): StatusCoverage[] {
  return Object.entries(responses).map(([status, response]) => {
    const { headers = {} } = resolve(response);
    return {
      name: status,
      line: lineOf(responses, status),
      isSeen: seen.has(`${operationId} ${status}`),
      headers: Object.keys(headers).map((name) => ({
        name: `${status} ${name}`,
        line: lineOf(headers, name),
        isSeen: seen.has(`${operationId} ${status} ${name.toLowerCase()}`),
      })),
    };
  });
}

export interface Coverage {
  /** A line for each operation, a column for each status: headers seen of headers declared. */
  table: string;
  /** How many operations, statuses and headers there are, and how much of that was seen. */
  summary: string;
  /** What was not seen, and where it is declared. */
  missing: string[];
  /** The same, a line for each status; without the headers of a status that was not seen. */
  missingByStatus: string[];
}

/** What was seen of these operations. */
export function coverage(chosen = operations): Coverage {
  const rows = chosen.map((operation) => ({
    id: operation.operationId,
    statuses: coverageOf(operation),
  }));
  const all = rows.flatMap(({ id, statuses }) =>
    statuses.flatMap((status) => [status, ...status.headers].map((one) => ({ id, ...one }))),
  );
  const unseen = all.filter(({ isSeen }) => !isSeen);
  const headers = all.filter(({ name }) => name.includes(' ')).length;
  const share = (100 * (all.length - unseen.length)) / all.length;
  return {
    table: drawn(rows),
    summary: `${rows.length} operations, ${all.length - headers} statuses, ${headers} headers: ${
      unseen.length === 0 ? '100' : Math.min(share, 99.9).toFixed(1)
    } % seen`,
    missing: unseen.map(({ id, name, line }) => `${id} ${name}  (${line})`),
    missingByStatus: byStatus(rows),
  };
}

interface Row {
  id: string;
  statuses: StatusCoverage[];
}

function byStatus(rows: Row[]): string[] {
  const unseen = rows.flatMap(({ id, statuses }) =>
    statuses
      .flatMap((status) => (status.isSeen ? status.headers : [status]))
      .filter(({ isSeen }) => !isSeen)
      .map(({ name }) => ({ id, name })),
  );
  const groups = [...Map.groupBy(unseen, ({ name }) => name)];
  return groups
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, members]) => `${name} of ${members.map(({ id }) => id).join(', ')}`);
}

function drawn(rows: Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => row.statuses.map(({ name }) => name)))].sort();
  const cell = (status: StatusCoverage | undefined) => {
    if (!status) return '·';
    const found = status.headers.filter(({ isSeen }) => isSeen).length;
    return status.isSeen ? `${found}/${status.headers.length}` : '–';
  };
  const lines = rows.map(({ id, statuses }) => [
    id,
    ...columns.map((name) => cell(statuses.find((status) => status.name === name))),
  ]);
  return [['', ...columns], ...lines]
    .map(([id = '', ...cells]) => id.padEnd(15) + cells.map((text) => text.padStart(5)).join(''))
    .join('\n');
}
