import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readBlocks } from './markdown.ts';
import { PAGES, textOf } from './page.ts';
import { ROOT } from './terminal.ts';

/** As GitHub makes them from headings. */
const anchorsOf = (page: string) =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

const LINKS = [
  /\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g,
  /(?:src|srcset)="([^"]*)"/g, // of pictures
];

test.each(PAGES)('every link of %s to a file or a heading is valid', (page) => {
  const links = LINKS.flatMap((link) => [...textOf(page).matchAll(link)]);
  const broken = links.filter(([, path = '', anchor]) => {
    const target = path ? join(dirname(page), path) : page;
    return !existsSync(join(ROOT, target)) || (anchor && !anchorsOf(target).includes(anchor));
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

const ofThatResource = 'docs/adding-a-resource.md'; // it names files that the reader makes

test.each(PAGES.filter((page) => page !== ofThatResource))(
  'every file that %s names exists',
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
  const docs = PAGES.filter((page) => page.startsWith('docs/'));
  expect(docs.filter((page) => !readme.includes(`](${page})`))).toEqual([]);
});

test('README.md has at most 180 lines', () => {
  expect(textOf('README.md').split('\n').length).toBeLessThanOrEqual(181);
});

const ofThisPackage = PAGES.filter((page) => /^(README|CONTRIBUTING|docs)/.test(page));

test.each(ofThisPackage)('every npm script that %s names is in package.json', (page) => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(textOf('package.json'));
  const named = [...textOf(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test('more than half of the commands of all pages are run', () => {
  const blocks = PAGES.flatMap((page) => readBlocks(textOf(page)));
  const count = (of: typeof blocks) => of.flatMap(({ commands }) => commands).length;
  const run = count(blocks.filter(({ excluded }) => !excluded));
  expect(run).toBeGreaterThan(count(blocks) / 2);
});
