import { type DestinationStream, pino } from 'pino';
import { escapeUnsafe } from '../escape-unsafe.ts';

/** Creates a destination that writes the log to a terminal, for people. */
export function createReadableLog(terminal: { write(text: string): unknown }): DestinationStream {
  return { write: (line) => void terminal.write(`${formatLogLine(line)}\n`) };
}

/** `10:58:01 info  GET /todos 200 3 ms`: a short line for a request, all members of other lines. */
export function formatLogLine(json: string): string {
  const { level, time, msg, err, ...members } = JSON.parse(json);
  const label = pino.levels.labels[level] ?? '';
  const head = `${new Date(time).toTimeString().slice(0, 8)} ${label.padEnd(5)}`;
  const { method, path, status, duration_ms } = members;
  if (msg === 'request') return `${head} ${method} ${path} ${status} ${duration_ms} ms`;
  const details = Object.entries(members).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  );
  const text = escapeUnsafe([msg, ...details].join(' '));
  return err?.stack ? `${head} ${text}\n${err.stack}` : `${head} ${text}`;
}
