// A server that only verifies a password for each request: the limit that the password hash sets.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hash, verify } from '@node-rs/argon2';

const PASSWORD = 'testpass123';
const stored = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });

const server = createServer(async (request, response) => {
  for await (const _chunk of request);
  response.writeHead((await verify(stored, PASSWORD)) ? 200 : 401).end();
});
server.listen(0, () => {
  const { port } = server.address() as AddressInfo; // it listens on a port
  console.log(`http://localhost:${port}`);
});
