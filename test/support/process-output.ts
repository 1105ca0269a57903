import type { ChildProcess } from 'node:child_process';

/** Collects all that a process writes, errors included. */
export function collectOutput({ stdout, stderr }: ChildProcess): { text: string } {
  const output = { text: '' };
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
  }
  return output;
}
