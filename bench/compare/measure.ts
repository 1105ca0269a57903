import { Connection } from './http-client.ts';
import type { PreparedRequest } from './requests.ts';
import type { ServerProcess } from './server-process.ts';

const CONNECTION_COUNT = 8;

/** Sends the requests over a few connections. @throws Error at the first unexpected status */
export async function sendRequests(
  port: number,
  count: number,
  nextRequest: () => PreparedRequest,
): Promise<void> {
  const connections = await Promise.all(
    Array.from({ length: Math.min(CONNECTION_COUNT, count) }, () => Connection.open(port)),
  );
  let sent = 0;
  const drive = async (connection: Connection) => {
    while (sent < count) {
      sent += 1;
      const request = nextRequest();
      const answer = await connection.send(request.bytes);
      if (answer.status !== request.status) {
        throw new Error(
          `expected ${request.status}:\n${request.bytes}\n${answer.head}\n${answer.body}`,
        );
      }
      request.onAnswer?.(answer);
    }
  };
  try {
    await Promise.all(connections.map(drive));
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** @returns the server's CPU time per request, in microseconds */
export async function measureCpu(
  server: ServerProcess,
  count: number,
  nextRequest: () => PreparedRequest,
): Promise<number> {
  const before = await server.readUsage();
  await sendRequests(server.port, count, nextRequest);
  const after = await server.readUsage();
  return (after.cpuMicros - before.cpuMicros) / count;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => quantile(values, 0.5);
