import { join } from 'node:path';
import { ROOT } from '../../scripts/tools.ts';
import type { Engine } from './databases.ts';
import { TOKEN_VARIABLES } from './rows.ts';
import type { ServerCommand } from './server-process.ts';

export const CONTENDERS = {
  service: { title: 'service', script: 'src/cli/todos.mjs' },
  bare: { title: 'node:http', script: 'bench/bare/server.ts' },
  fastify: { title: 'Fastify', script: 'bench/peers/fastify.js' },
  'fastify-plugins': { title: 'Fastify+plugins', script: 'bench/peers/fastify-plugins.js' },
  express: { title: 'Express', script: 'bench/peers/express.js' },
};
export type ContenderName = keyof typeof CONTENDERS;
export const CONTENDER_NAMES = Object.keys(CONTENDERS) as ContenderName[]; // it has no other keys

export const LOG_LEVELS = ['error', 'info'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Scenario {
  engine: Engine;
  logLevel: LogLevel;
}

/** @param root the folder of the project, or of a copy that serves another contract */
export function createCommand(
  name: ContenderName,
  databaseUrl: string,
  logLevel: LogLevel,
  root = ROOT,
): ServerCommand {
  const shared = { DATABASE_URL: databaseUrl, LOG_LEVEL: logLevel };
  const own =
    name === 'service'
      ? TOKEN_VARIABLES.service
      : { ...TOKEN_VARIABLES.peer, CONTRACT: join(ROOT, 'generated/openapi.json') };
  const args = name === 'service' ? ['start'] : [];
  return { script: join(root, CONTENDERS[name].script), args, env: { ...shared, ...own } };
}
