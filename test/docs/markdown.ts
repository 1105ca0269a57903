// Reads the commands of a page, and the output that the page shows for them.
//
//   ```sh        commands, one a line, as a reader pastes them
//   ```text      directly after it: what the commands print (`json`: by members and values)
//   ```ts        a program, which is run only after the comment `test runs the program`
//
// Comments before a block, which a reader does not see:
//
//   <!-- not tested: REASON -->       the block cannot run where the tests run
//   <!-- slow: REASON -->             it runs in `npm run test:docs` only
//   <!-- exit code: 1 -->             its last command fails, as the page says
//   <!-- test runs: COMMAND -->       what the page asks for in words, such as stopping the service
import { spawnSync } from 'node:child_process';

export interface Command {
  line: number;
  text: string;
  /** What it prints, if the page says so. */
  output?: string;
  exitCode: number;
}

export interface Block {
  line: number;
  commands: Command[];
  /** Why it is not run. */
  excluded?: string;
  isSlow: boolean;
}

interface Comment {
  line: number;
  text: string;
}

const RUN_PROGRAM = 'test runs the program';

const COMMENT = /^ *<!-- (?<comment>.*) -->$/;
const FENCE = /^(?<indent> *)```(?<language>\w*)\n(?<content>[\s\S]*?)^\k<indent>```$/;
const TEXT = /^.*\S.*$/;
const PART = new RegExp([COMMENT, FENCE, TEXT].map(({ source }) => source).join('|'), 'gm');

/** Blocks of commands, in the order of the page. */
export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  let comments: Comment[] = [];
  let previous: Block | undefined;
  for (const { index, groups = {} } of markdown.matchAll(PART)) {
    const line = markdown.slice(0, index).split('\n').length;
    const { comment, indent = '', language = '', content = '' } = groups;
    if (comment) {
      comments.push({ line, text: comment });
      continue;
    }
    const lines = content.split('\n').map((text) => text.slice(indent.length));
    const block = readBlock(language, line + 1, lines.slice(0, -1), comments);
    const last = previous?.commands.at(-1);
    if (block) blocks.push(block);
    else if (last && ['text', 'json'].includes(language)) last.output = content.trimEnd();
    previous = block;
    comments = [];
  }
  return blocks;
}

function readBlock(language: string, line: number, lines: string[], comments: Comment[]) {
  if (language === 'sh') return readCommands(line, lines, comments);
  const isRun = language === 'ts' && comments.some(({ text }) => text === RUN_PROGRAM);
  return isRun ? readProgram(line, lines) : undefined;
}

function readCommands(line: number, lines: string[], comments: Comment[]): Block {
  const said = (name: string) =>
    comments.find(({ text }) => text.startsWith(`${name}: `))?.text.slice(name.length + 2);
  const before = comments.flatMap(({ line: at, text }) => {
    const command = /^test runs: (.*)/.exec(text)?.[1];
    return command ? [{ line: at, text: command, exitCode: 0 }] : [];
  });
  const commands = splitCommands(line, lines);
  const last = commands.at(-1);
  if (last) last.exitCode = Number(said('exit code') ?? 0);
  const excluded = said('not tested');
  return {
    line,
    commands: [...before, ...commands],
    ...(excluded && { excluded }),
    isSlow: said('slow') !== undefined,
  };
}

/** It imports the client of this project, which is not installed here as a package. */
function readProgram(line: number, lines: string[]): Block {
  const program = lines.join('\n').replaceAll(`'openapi-todos-client'`, `'./src/client/index.ts'`);
  const text = `cat >program.ts <<'EOF'\n${program}\nEOF\n"$NODE" program.ts`;
  return { line, commands: [{ line, text, exitCode: 0 }], isSlow: false };
}

function splitCommands(first: number, lines: string[]): Command[] {
  const commands: Command[] = [];
  let text = '';
  let start = first;
  for (const [index, line] of lines.entries()) {
    if (!text) start = first + index;
    text += text ? `\n${line}` : line;
    if (!isComplete(text)) continue;
    if (text.trim()) commands.push({ line: start, text, exitCode: 0 });
    text = '';
  }
  if (text) throw new Error(`line ${start}: the command does not end: ${text}`);
  return commands;
}

/** Whether bash would run it, and not wait for another line. */
function isComplete(text: string): boolean {
  if (text.endsWith('\\')) return false;
  return spawnSync('bash', ['-n', '-c', text]).status === 0;
}
