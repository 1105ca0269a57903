// A server that only verifies a password for each request: the limit that the password hash sets.
import { createServer } from 'node:http';
import { hash, verify } from '@node-rs/argon2';

const PASSWORD = 'testpass123';
const stored = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });

createServer(async (request, response) => {
  for await (const _chunk of request);
  response.writeHead((await verify(stored, PASSWORD)) ? 200 : 401).end();
}).listen(Number(process.env['PORT']), '127.0.0.1');
