import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that listens, until it is disposed of. */
export interface Listening extends AsyncDisposable {
  /** Where it answers, without a slash at the end. */
  url: string;
}

export interface Place {
  host: string;
  /** 0 is any that is free. */
  port: number;
  /** How long the requests under way have when it is to stop, in milliseconds. */
  shutdownTimeout: number;
}

/** @throws the system's error when the place is not to be had */
export async function listen(
  server: Server,
  { host, port, shutdownTimeout }: Place,
): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    url: urlOf(server, host),
    [Symbol.asyncDispose]: () => stopListening(server, shutdownTimeout),
  };
}

/**
 * Resolves when the last request has been answered; a connection goes as soon as it is idle. What
 * takes longer than the limit is cut off: Node checks no request's time once it has been told to
 * close.
 */
function stopListening(server: Server, limit: number): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    const end = setTimeout(() => server.closeAllConnections(), limit);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(end);
      resolve();
    });
  });
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const name = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host;
  return `http://${name}:${port}`;
}
