// Which of the statuses, headers and codes that the contract declares have been seen in a run.
import { lineOf, type Operation, operations, resolve } from './document.ts';
import type { Exchange } from './exchange.ts';
import { codeIn, codesOf, PROBLEM } from './validate.ts';

const seen = new Set<string>();

/** Counts an answer for its operation; a 405 counts for every operation of its path. */
export function markSeen({ operation, template, response }: Exchange): void {
  const answered = operation ? [operation] : operations.filter(({ path }) => path === template);
  for (const { operationId } of answered) {
    seen.add(`${operationId} ${response.status}`);
    for (const name of [...response.headers.keys(), codeIn(response.body)])
      seen.add(`${operationId} ${response.status} ${name}`);
  }
}

export function hasSeen(id: string, status: number): boolean {
  return seen.has(`${id} ${status}`);
}

/** A status that an operation declares, or a header or a code of it. */
interface Declaration {
  name: string;
  line: string;
  isSeen: boolean;
}

interface StatusCoverage extends Declaration {
  headers: Declaration[];
  codes: Declaration[];
}

function coverageOf({ operationId, responses }: Operation): StatusCoverage[] {
  return Object.entries(responses).map(([status, response]) => {
    const { headers = {}, content = {} } = resolve(response);
    const { [PROBLEM]: media = {} } = content;
    const declaration = (part: object, member: string, name = member) => ({
      name: `${status} ${name}`,
      line: lineOf(part, member),
      isSeen: seen.has(`${operationId} ${status} ${name.toLowerCase()}`),
    });
    return {
      name: status,
      line: lineOf(responses, status),
      isSeen: seen.has(`${operationId} ${status}`),
      headers: Object.keys(headers).map((name) => declaration(headers, name)),
      codes: codesOf(media).map(([code, example]) =>
        declaration(media.examples ?? {}, example, code),
      ),
    };
  });
}

export interface Coverage {
  /** A line for each operation, a column for each status: headers and codes seen of those declared. */
  table: string;
  /** How many operations, statuses, headers and codes there are, and how much of that was seen. */
  summary: string;
  /** What was not seen, and where it is declared. */
  missing: string[];
  /** The same, a line for each status; without what belongs to a status that was not seen. */
  missingByStatus: string[];
}

/** What was seen of these operations. */
export function coverage(chosen = operations): Coverage {
  const rows = chosen.map((operation) => ({
    id: operation.operationId,
    statuses: coverageOf(operation),
  }));
  const all = rows.flatMap(({ id, statuses }) =>
    statuses.flatMap((status) =>
      [status, ...status.headers, ...status.codes].map((one) => ({ id, ...one })),
    ),
  );
  const unseen = all.filter(({ isSeen }) => !isSeen);
  const statuses = rows.flatMap((row) => row.statuses);
  const headers = statuses.flatMap((status) => status.headers).length;
  const codes = statuses.flatMap((status) => status.codes).length;
  const share = (100 * (all.length - unseen.length)) / all.length;
  return {
    table: drawn(rows),
    summary: `${rows.length} operations, ${statuses.length} statuses, ${headers} headers, ${codes} codes: ${
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
      .flatMap((status) => (status.isSeen ? [...status.headers, ...status.codes] : [status]))
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
    const parts = [...status.headers, ...status.codes];
    return status.isSeen ? `${parts.filter(({ isSeen }) => isSeen).length}/${parts.length}` : '–';
  };
  const lines = rows.map(({ id, statuses }) => [
    id,
    ...columns.map((name) => cell(statuses.find((status) => status.name === name))),
  ]);
  return [['', ...columns], ...lines]
    .map(([id = '', ...cells]) => id.padEnd(15) + cells.map((text) => text.padStart(5)).join(''))
    .join('\n');
}
