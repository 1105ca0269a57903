// Runs the commands of a page in order, as a reader does after starting the service.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { type Block, type Command, readBlocks } from './markdown.ts';
import { expectShown } from './shape.ts';
import { openTerminal, ROOT, type Terminal } from './terminal.ts';

/** All of the project's own, by their paths. */
export const PAGES = globSync(
  ['*.md', 'docs/*.md', 'examples/*.md', 'src/**/*.md', 'test/**/*.md'],
  { cwd: ROOT },
).filter((name) => name !== 'CHANGELOG.md');

export const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** A test of its commands, and a skipped one for each block that is not run, with the reason. */
export function testPage(file: string, { slow }: { slow: boolean }) {
  const blocks = readBlocks(textOf(file));
  const isRun = (block: Block) => !block.excluded && (slow || !block.isSlow);
  const commands = blocks.filter(isRun).flatMap((block) => block.commands);
  for (const { line, excluded } of blocks) {
    if (excluded) test.skip(`${file}:${line} is not run: ${excluded}`, () => undefined);
  }
  if (commands.length === 0) return;
  test(`${file}: its ${commands.length} commands do what the page says`, async () => {
    await using terminal = await openTerminal();
    if (!commands[0]?.text.includes('npm start')) await terminal.run('start_service start');
    for (const command of commands) await runCommand(terminal, file, command);
  });
}

async function runCommand(terminal: Terminal, file: string, command: Command) {
  const { output, exitCode } = await terminal.run(terminal.mapPorts(command.text));
  const place = `${file}:${command.line}: ${command.text}`;
  if (exitCode !== command.exitCode) {
    throw new Error(`${place}\n  ended with ${exitCode}, not ${command.exitCode}:\n${output}`);
  }
  if (command.output !== undefined) expectShown(output, terminal.mapPorts(command.output), place);
}
