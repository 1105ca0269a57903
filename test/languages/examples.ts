// What examples/README.md says: how the programs are built and run, and the steps of the scenario.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = new URL('../../examples/README.md', import.meta.url);
const readme = readFileSync(file, 'utf8');

export interface Program {
  name: string;
  /** Where it lies, and where its commands are given. */
  folder: string;
  needs: string[];
  build: string;
  run: string;
}

export const programs: Program[] = rows('program').map(([link = '', needs, build, run]) => {
  const [, name = '', folder = ''] = /^\[(.+)\]\((\w+)\//.exec(link) ?? [];
  return {
    name,
    folder: fileURLToPath(new URL(folder, file)),
    needs: [...words(needs), 'java'], // the generator needs it for every language
    build: words(build).join(),
    run: words(run).join(),
  };
});

export interface Step {
  /** As every program prints it. */
  words: string;
  /** The requests that it takes, each an operation and the status of its answer. */
  requests: string[];
}

export const steps: Step[] = rows('step').map(([step = '', requests = '']) => ({
  words: step,
  requests: requests.split(', ').map((request) => request.replaceAll('`', '')),
}));

/** The cells of the table whose first column has this title. */
function rows(title: string): string[][] {
  const [, table = ''] = readme.split(`\n| ${title} |`);
  const lines = table.split('\n\n', 1).join().split('\n').slice(2);
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands in back quotes. */
function words(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}
