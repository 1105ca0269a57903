import { Command, InvalidArgumentError, Option } from 'commander';
import { CONTENDER_NAMES, type ContenderName, LOG_LEVELS, type LogLevel } from './contenders.ts';
import { ENGINES, type Engine } from './databases.ts';
import { REQUEST_NAMES, type RequestName } from './requests.ts';

const SECTION_NAMES = ['requests', 'start', 'paths', 'rows'] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

const NOTES = `
The default of --section, --only, --contender, --engine and --log is all of them.
--only, --contender and --log apply to the section "requests"; --only and --contender select it.
"start" and "paths" are measured on SQLite only.
At LOG_LEVEL=info, the service and Fastify with plugins log each request; the others have no log.`;

/** By the names of the options. */
export interface Options {
  section: readonly SectionName[];
  only: readonly RequestName[];
  contender: readonly ContenderName[];
  engine: readonly Engine[];
  log: readonly LogLevel[];
  rounds: number;
  requests: number;
  json?: string;
}

const DEFAULTS: Options = {
  section: SECTION_NAMES,
  only: REQUEST_NAMES,
  contender: CONTENDER_NAMES,
  engine: ENGINES,
  log: LOG_LEVELS,
  rounds: 7,
  requests: 300,
};
const QUICK: Partial<Options> = {
  only: ['todos-list'],
  engine: ['sqlite'],
  log: ['error'],
  rounds: 5,
};

/** Prints the help or a usage error, and exits, if there is one. */
export function readOptions(): Options {
  const command = new Command('npm run bench --')
    .exitOverride(({ exitCode }) => process.exit(exitCode && 2)) // 2, as of other commands
    .option('--quick', 'GET /todos on SQLite, LOG_LEVEL=error, 5 rounds')
    .addOption(new Option('--section <name...>').choices(SECTION_NAMES))
    .addOption(new Option('--only <request...>').choices(REQUEST_NAMES))
    .addOption(new Option('--contender <name...>').choices(CONTENDER_NAMES))
    .addOption(new Option('--engine <name...>').choices(ENGINES))
    .addOption(new Option('--log <level...>').choices(LOG_LEVELS))
    .option('--rounds <number>', `default: ${DEFAULTS.rounds}`, parsePositive)
    .option('--requests <number>', `in each round; default: ${DEFAULTS.requests}`, parsePositive)
    .option('--json <file>', 'writes all measured values to a file')
    .addHelpText('after', NOTES);
  const { quick, ...given } = command.parse().opts<Partial<Options> & { quick?: boolean }>();
  const isPartial = quick || given.only || given.contender;
  const section: SectionName[] = ['requests'];
  return { ...DEFAULTS, ...(isPartial && { section }), ...(quick && QUICK), ...given };
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It is not a positive whole number.');
}
