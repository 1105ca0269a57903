import type { Command } from 'commander';
import { describeVariables } from '../config.ts';

export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('run the service')
    .addHelpText('after', () => `\n${formatConfigurationHelp()}`)
    .action(async () => {
      const { runService } = await import('../main.ts'); // no other command needs it
      await runService();
    });
}

function formatConfigurationHelp(): string {
  const rows = describeVariables().map(
    ({ name, default: value, meaning }) =>
      `  ${name}\n      ${meaning}${value ? `\n      default: ${value}` : ''}`,
  );
  return [
    'The service is configured by environment variables and by a file .env in the current folder; the',
    'environment has precedence:',
    '',
    ...rows,
  ].join('\n');
}
