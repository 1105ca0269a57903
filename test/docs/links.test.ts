import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './terminal.ts';

const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** As GitHub makes them from headings. */
const anchorsOf = (page: string) =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

test.each(pages)('every link of %s to a file or a heading leads there', (page) => {
  const broken = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].filter(
    ([, path = '', anchor]) => {
      const target = path ? join(dirname(page), path) : page;
      return !existsSync(join(ROOT, target)) || (anchor && !anchorsOf(target).includes(anchor));
    },
  );
  expect(broken.map(([link]) => link)).toEqual([]);
});

const ofThatResource = 'docs/adding-a-resource.md'; // it names files that the reader makes

test.each(pages.filter((page) => page !== ofThatResource))(
  'every file that %s names is there',
  (page) => {
    const named =
      /`((?:src|scripts|test|tools|deploy|examples|bench|generated|docs|\.ci)\/[\w./-]*)`/g;
    const missing = [...textOf(page).matchAll(named)].filter(
      ([, path = '']) => !existsSync(join(ROOT, path)),
    );
    expect(missing.map(([, path]) => path)).toEqual([]);
  },
);

test('README.md links every page of docs', () => {
  const readme = textOf('README.md');
  const docs = pages.filter((page) => page !== 'README.md');
  expect(docs.filter((page) => !readme.includes(`](${page})`))).toEqual([]);
});

test('README.md has at most 180 lines', () => {
  expect(textOf('README.md').split('\n').length).toBeLessThanOrEqual(181);
});

test.each(pages)('every npm script that %s names is in package.json', (page) => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(textOf('package.json'));
  const named = [...textOf(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
