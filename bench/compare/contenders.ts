import { join } from 'node:path';
import { ROOT } from '../../scripts/tools.ts';
import type { Engine } from './databases.ts';
import { TOKEN_VARIABLES } from './rows.ts';
import type { ServerCommand } from './server-process.ts';

export const CONTENDER_NAMES = [
  'service',
  'bare',
  'fastify',
  'fastify-plugins',
  'express',
] as const;
export type ContenderName = (typeof CONTENDER_NAMES)[number];

export const CONTENDER_TITLES: Record<ContenderName, string> = {
  service: 'service',
  bare: 'node:http',
  fastify: 'Fastify',
  'fastify-plugins': 'Fastify+plugins',
  express: 'Express',
};

const SCRIPTS: Record<ContenderName, string> = {
  service: 'src/cli/todos.mjs',
  bare: 'bench/bare/server.ts',
  fastify: 'bench/peers/fastify.js',
  'fastify-plugins': 'bench/peers/fastify-plugins.js',
  express: 'bench/peers/express.js',
};

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
      : { ...TOKEN_VARIABLES.peer, CONTRACT: join(ROOT, 'openapi.yaml') };
  const args = name === 'service' ? ['start'] : [];
  return { script: join(root, SCRIPTS[name]), args, env: { ...shared, ...own } };
}
