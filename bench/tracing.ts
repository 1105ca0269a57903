// Measures the cost of traces: the CPU time of GET /todos with 20 items, for a service that sends no
// traces, all of them, or a tenth. The rounds alternate, so that other load on the machine affects all.
//
//   npm run bench -- tracing
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCommand } from './compare/contenders.ts';
import { openDatabases } from './compare/databases.ts';
import { compareServers } from './compare/rounds.ts';
import { createSeed } from './compare/rows.ts';
import type { ServerCommand } from './compare/server-process.ts';
import { formatGrowth } from './compare/table.ts';

/** Accepts every request and discards it. */
const collector = createServer((request, response) => {
  request.resume().on('end', () => response.end());
});
await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
const { port } = collector.address() as AddressInfo; // it listens on a port
const OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${port}`;
const VARIABLES = {
  none: {},
  tenth: { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER_ARG: '0.1' },
  all: { OTEL_EXPORTER_OTLP_ENDPOINT },
};

await using databases = await openDatabases('sqlite');
const seed = await createSeed();
const template = await databases.createTemplate(seed.rows);
const commands: Record<string, ServerCommand> = {};
for (const [name, variables] of Object.entries(VARIABLES)) {
  const command = createCommand('service', await template.copy(), 'error');
  commands[name] = { ...command, env: { ...command.env, ...variables } };
}
const costs = await compareServers(commands, seed, {
  requests: ['todos-list'],
  rounds: 9,
  requestsPerRound: 2000,
  report: console.error,
});
console.log(formatGrowth('Traces that are sent', costs, ['none', 'tenth', 'all']));
collector.closeAllConnections();
collector.close();
