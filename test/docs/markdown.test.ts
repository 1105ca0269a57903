import { expect, test } from 'vitest';
import { readBlocks } from './markdown.ts';

const fence = (language: string, ...lines: string[]) => [`\`\`\`${language}`, ...lines, '```'];
const read = (...lines: string[]) => readBlocks(lines.join('\n'));

test('commandsIn: a command has its line number, its continuation lines and the output block after it', () => {
  const [block] = read('Text', ...fence('sh', 'A=1', 'echo \\', '  $A'), '', ...fence('text', '1'));
  expect(block).toEqual({
    line: 3,
    isSlow: false,
    commands: [
      { line: 3, text: 'A=1', exitCode: 0 },
      { line: 4, text: 'echo \\\n  $A', exitCode: 0, output: '1' },
    ],
  });
});

test('a block after a text between them is not the output', () => {
  const [block] = read(...fence('sh', 'echo 1'), 'An example:', ...fence('json', '{}'));
  expect(block?.commands[0]?.output).toBeUndefined();
});

test('comments say what is not run, is slow, fails, or is done first', () => {
  const [not, slow, fails] = read(
    '<!-- not tested: needs Docker -->',
    ...fence('sh', 'docker build .'),
    '<!-- slow: takes a minute -->',
    '<!-- test runs: stop_service -->',
    ...fence('sh', 'npm start'),
    '<!-- exit code: 2 -->',
    ...fence('sh', 'false'),
  );
  expect(not?.excluded).toBe('needs Docker');
  expect(slow).toMatchObject({ isSlow: true, commands: [{ text: 'stop_service' }, { line: 8 }] });
  expect(fails?.commands[0]?.exitCode).toBe(2);
});

test('a command that does not end is an error with its line', () => {
  expect(() => read(...fence('sh', 'echo 1', "echo 'x"))).toThrow(
    "line 3: the command does not end: echo 'x",
  );
});

test('a program is run only after the comment that asks for it', () => {
  const program = fence('ts', "import { createClient } from 'openapi-todos-client';");
  const output = fence('text', 'done');
  const blocks = read(
    ...program,
    ...output,
    '<!-- test runs the program -->',
    ...program,
    ...output,
  );
  expect(blocks).toHaveLength(1);
  expect(blocks[0]?.commands).toMatchObject([{ line: 9, exitCode: 0, output: 'done' }]);
  expect(blocks[0]?.commands[0]?.text).toContain("from './src/client/index.ts'");
});
