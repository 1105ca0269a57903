import { describeRequest, describeResponse, type Exchange } from './exchange.ts';

/** What was expected of an answer, and by which line of the contract. */
export interface Expectation {
  what: string;
  /** `openapi.yaml:12` */
  line: string;
  /** What was found instead, where the answer does not say it by itself. */
  found?: string;
  /** What failures with one cause have in common; `what`, if that says it. */
  cause?: string;
}

/** An answer is not what the contract says: the request, what was expected, and what came. */
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

/** A request had no answer. */
export class NoAnswer extends Difference {}

function paragraph(title: string, lines: string[]): string[] {
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line, index) => `${(index === 0 ? title : '').padEnd(10)}${line}`);
}
