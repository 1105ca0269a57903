// Reads the commands of a page, and the output that the page shows for them.
//
//   ```sh        commands, one a line, as a reader pastes them; or a transcript, with `$ ` before each
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

interface Fence {
  /** Of its first line of text. */
  line: number;
  language: string;
  lines: string[];
}

const RUN_PROGRAM = 'test runs the program';

/** Blocks of commands, in the order of the page. */
export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  let comments: { line: number; text: string }[] = [];
  let block: Block | undefined;
  for (const part of partsOf(markdown)) {
    if ('comment' in part) {
      comments.push({ line: part.line, text: part.comment });
    } else if ('text' in part) {
      comments = [];
      block = undefined;
    } else if (part.language === 'sh') {
      block = blockOf(part, comments);
      blocks.push(block);
      comments = [];
    } else if (part.language === 'ts' && comments.some(({ text }) => text === RUN_PROGRAM)) {
      block = programOf(part);
      blocks.push(block);
      comments = [];
    } else {
      const last = block?.commands.at(-1);
      if (last && last.output === undefined && ['text', 'json'].includes(part.language)) {
        last.output = part.lines.join('\n');
      }
      block = undefined;
    }
  }
  return blocks;
}

type Part = Fence | { line: number; comment: string } | { text: string };

function* partsOf(markdown: string): Generator<Part> {
  const lines = markdown.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const [, indent, language] = /^( *)```(\w*)$/.exec(line) ?? [];
    const [, comment] = /^ *<!-- (.*) -->$/.exec(line) ?? [];
    if (indent !== undefined && language !== undefined) {
      const end = lines.indexOf(`${indent}\`\`\``, index + 1);
      const inside = lines.slice(index + 1, end).map((text) => text.slice(indent.length));
      yield { line: index + 2, language, lines: inside };
      index = end;
    } else if (comment) yield { line: index + 1, comment };
    else if (line.trim()) yield { text: line };
  }
}

function blockOf({ line, lines }: Fence, comments: { line: number; text: string }[]): Block {
  const said = (name: string) =>
    comments.find(({ text }) => text.startsWith(`${name}: `))?.text.slice(name.length + 2);
  const before = comments.flatMap(({ line: at, text }) => {
    const command = /^test runs: (.*)/.exec(text)?.[1];
    return command ? [{ line: at, text: command, exitCode: 0 }] : [];
  });
  const commands = lines[0]?.startsWith('$ ') ? transcriptOf(line, lines) : scriptOf(line, lines);
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
function programOf({ line, lines }: Fence): Block {
  const program = lines.join('\n').replaceAll(`'openapi-todos-client'`, `'./src/client/index.ts'`);
  const text = `cat >program.ts <<'EOF'\n${program}\nEOF\n"$NODE" program.ts`;
  return { line, commands: [{ line, text, exitCode: 0 }], isSlow: false };
}

function transcriptOf(first: number, lines: string[]): Command[] {
  const commands: Command[] = [];
  for (const [index, line] of lines.entries()) {
    const last = commands.at(-1);
    if (line.startsWith('$ ')) {
      commands.push({ line: first + index, text: line.slice(2), exitCode: 0 });
    } else if (!last) throw new Error(`line ${first + index}: an output without a command`);
    else if (last.output !== undefined) last.output += `\n${line}`;
    else if (isComplete(last.text)) last.output = line;
    else last.text += `\n${line}`;
  }
  return commands;
}

function scriptOf(first: number, lines: string[]): Command[] {
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
