import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

type When = 'before' | 'after';

interface ProxyOptions {
  /** What the first message of a connection is answered with, if the connection is refused. */
  findRefusal?(startup: Buffer): Buffer | undefined;
}

/** A network between the service and PostgreSQL that breaks where a test says so. */
export async function startProxy(
  databaseUrl: string,
  { findRefusal = () => undefined }: ProxyOptions = {},
) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let fault = { left: Number.POSITIVE_INFINITY, when: 'before' as When };
  let isRefusing = false;
  const server = createServer((client) => {
    if (isRefusing) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    let isLosingAnswers = false;
    const countStatements = createStatementCounter();
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.once('data', (startup: Buffer) => {
      const refusal = findRefusal(startup);
      if (refusal) client.end(refusal);
    });
    client.on('data', (bytes: Buffer) => {
      const isBefore = fault.left >= 0;
      fault.left -= countStatements(bytes);
      if (isBefore && fault.left < 0) {
        if (fault.when === 'before') return cut();
        isLosingAnswers = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (isLosingAnswers) cut();
      else client.write(bytes);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port); // it listens on a port
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    /**
     * Breaks the connection of one statement, by its position from now on: before it reaches the
     * database, or when its answer comes back.
     */
    breakAt(at: number, when: When) {
      fault = { left: at, when };
    },
    /** Whether so many statements have come. */
    hasBroken: () => fault.left < 0,
    /** Ends all connections; new ones are let through. */
    cutAll,
    /** Rejects all connections, or accepts them again. */
    refuse(whether: boolean) {
      isRefusing = whether;
      if (whether) cutAll();
    },
    async [Symbol.asyncDispose]() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Counts the statements in what a client sends (protocol 3: Query and Parse messages). */
function createStatementCounter() {
  let rest = Buffer.alloc(0);
  let hasStarted = false;
  return (bytes: Buffer): number => {
    rest = Buffer.concat([rest, bytes]);
    for (let statements = 0; ; ) {
      const head = hasStarted ? 1 : 0; // the first message has no type
      if (rest.length < head + 4) return statements;
      const end = head + rest.readInt32BE(head);
      if (rest.length < end) return statements;
      if (hasStarted && /[QP]/.test(String.fromCharCode(rest[0] ?? 0))) statements += 1;
      hasStarted = true;
      rest = rest.subarray(end);
    }
  };
}
