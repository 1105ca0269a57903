import { describeRequest, describeResponse, type Exchange, exchangeOf } from './exchange.ts';

/** An expectation of an answer, and the line of the contract that states it. */
export interface Expectation {
  what: string;
  /** `openapi.yaml:12` */
  line: string;
  /** The value that was found, if the answer does not show it clearly. */
  found?: string;
  /** The text that failures with one cause share; `what` by default. */
  cause?: string;
}

/** An answer differs from the contract: the request, the expectation and the answer. */
export class Difference extends Error {
  override readonly name = 'Difference';
  override readonly cause: string;
  readonly line: string;

  constructor({ request, response }: Exchange, { what, line, found, cause }: Expectation) {
    super(
      [
        ...paragraph('sent', describeRequest(request)),
        ...paragraph('expected', [`${what}  (${line})`]),
        ...(found === undefined ? [] : paragraph('found', [found])),
        ...paragraph('received', describeResponse(response)),
      ].join('\n'),
    );
    this.line = line;
    this.cause = cause ?? what;
    this.stack = this.message; // a stack trace does not help here
  }
}

/** The difference between an answer of the client and an expectation. */
export function differenceIn(
  { response }: { response: Response },
  expectation: Expectation,
): Difference {
  return new Difference(exchangeOf(response), expectation);
}

/** A request had no answer. */
export class NoAnswer extends Difference {}

function paragraph(title: string, lines: string[]): string[] {
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line, index) => `${(index === 0 ? title : '').padEnd(10)}${line}`);
}
