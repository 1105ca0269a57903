import { parseArgs } from 'node:util';
import { UserError } from '../../scripts/tools.ts';
import { CONTENDER_NAMES, type ContenderName, LOG_LEVELS, type LogLevel } from './contenders.ts';
import { ENGINES, type Engine } from './databases.ts';
import { REQUEST_NAMES, type RequestName } from './requests.ts';

export const SECTION_NAMES = ['requests', 'start', 'paths', 'rows'] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

export const HELP = `npm run bench -- [OPTION…]

  --quick               GET /todos on SQLite, LOG_LEVEL=error, 5 rounds
  --section NAME        ${SECTION_NAMES.join(', ')}
  --only REQUEST        ${REQUEST_NAMES.join(', ')}
  --contender NAME      ${CONTENDER_NAMES.join(', ')}
  --engine ENGINE       ${ENGINES.join(', ')}
  --log LEVEL           ${LOG_LEVELS.join(', ')}
  --rounds NUMBER       default 7
  --requests NUMBER     requests in each round, default 300
  --json FILE           writes all measured values to a file

--section, --only, --contender, --engine and --log can be repeated; the default is all of them.
--only, --contender and --log apply to the section "requests"; --only and --contender select it.
"start" and "paths" are measured on SQLite only.
At LOG_LEVEL=info, the service and Fastify with plugins log each request; the others have no log.`;

const DEFAULT_ROUNDS = 7;
const QUICK_ROUNDS = 5;
const REQUESTS_PER_ROUND = 300;

export interface Options {
  sections: readonly SectionName[];
  requests: readonly RequestName[];
  contenders: readonly ContenderName[];
  engines: readonly Engine[];
  logLevels: readonly LogLevel[];
  rounds: number;
  requestsPerRound: number;
  json: string | undefined;
}

/** @throws UserError for a value that is not one of the choices */
export function readOptions(args: string[]): Options | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h' },
      quick: { type: 'boolean' },
      section: { type: 'string', multiple: true },
      only: { type: 'string', multiple: true },
      contender: { type: 'string', multiple: true },
      engine: { type: 'string', multiple: true },
      log: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      requests: { type: 'string' },
      json: { type: 'string' },
    },
  });
  if (values.help) return 'help';
  const { quick = false } = values;
  const isPartial = quick || values.only !== undefined || values.contender !== undefined;
  return {
    sections: choose(values.section, SECTION_NAMES, isPartial ? ['requests'] : SECTION_NAMES),
    requests: choose(values.only, REQUEST_NAMES, quick ? ['todos-list'] : REQUEST_NAMES),
    contenders: choose(values.contender, CONTENDER_NAMES, CONTENDER_NAMES),
    engines: choose(values.engine, ENGINES, quick ? ['sqlite'] : ENGINES),
    logLevels: choose(values.log, LOG_LEVELS, quick ? ['error'] : LOG_LEVELS),
    rounds: positive(values.rounds, quick ? QUICK_ROUNDS : DEFAULT_ROUNDS),
    requestsPerRound: positive(values.requests, REQUESTS_PER_ROUND),
    json: values.json,
  };
}

function choose<T extends string>(
  given: readonly string[] | undefined,
  choices: readonly T[],
  fallback: readonly T[],
): readonly T[] {
  if (!given) return fallback;
  return given.map((text) => {
    const choice = choices.find((one) => one === text);
    if (choice === undefined) throw new UserError(`"${text}" is none of ${choices.join(', ')}`);
    return choice;
  });
}

function positive(text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new UserError(`"${text}" is not a positive whole number`);
}
