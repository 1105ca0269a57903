import { connect, createServer, type Socket } from 'node:net';

/** Where connections break: at statements that look like this. */
export interface Fault {
  statement: RegExp;
  /** Before the statement reaches the database, or when its answer comes back. */
  when: 'before' | 'after';
  /** How many times. */
  times: number;
}

/** A network between the service and PostgreSQL that breaks where a test says so. */
export async function startProxy(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let fault: Fault | undefined;
  let isRefusing = false;
  const strikes = (sql: string) => {
    if (!fault?.statement.test(sql) || fault.times === 0) return undefined;
    fault.times -= 1;
    return fault.when;
  };
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
    const statements = statementReader();
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (bytes: Buffer) => {
      for (const sql of statements(bytes)) {
        const struck = strikes(sql);
        if (struck === 'before') return cut();
        if (struck === 'after') isLosingAnswers = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (isLosingAnswers) cut();
      else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('a server has a port');
  const url = new URL(databaseUrl);
  url.port = String(address.port);
  return {
    url: url.href,
    break(next: Fault | undefined) {
      fault = next;
    },
    /** Whether the fault has struck as often as it was to. */
    hasStruck: () => fault?.times === 0,
    /** Ends all connections; new ones are let through. */
    cutAll() {
      for (const socket of sockets) socket.destroy();
    },
    /** Rejects all connections, or accepts them again. */
    refuse(whether: boolean) {
      isRefusing = whether;
      if (whether) this.cutAll();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Finds the statements in what a client sends (protocol 3: Query and Parse messages). */
function statementReader() {
  let rest = Buffer.alloc(0);
  let hasStarted = false;
  return (bytes: Buffer): string[] => {
    rest = Buffer.concat([rest, bytes]);
    const statements: string[] = [];
    for (;;) {
      const head = hasStarted ? 1 : 0; // the first message has no type
      if (rest.length < head + 4) return statements;
      const end = head + rest.readInt32BE(head);
      if (rest.length < end) return statements;
      const type = hasStarted ? String.fromCharCode(rest[0] ?? 0) : '';
      const texts = rest.toString('utf8', head + 4, end).split('\0');
      if (type === 'Q') statements.push(texts[0] ?? '');
      if (type === 'P') statements.push(texts[1] ?? '');
      hasStarted = true;
      rest = rest.subarray(end);
    }
  };
}
