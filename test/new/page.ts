// Does what docs/adding-a-resource.md says, as its reader does.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isNode, parseDocument } from 'yaml';

/** A block of the page, and the words before it: a file, and for openapi.yaml a place in it. */
interface Step {
  file: string;
  place?: string[];
  language: string;
  text: string;
}

export function stepsOf(markdown: string): Step[] {
  const pattern = /^`([\w./-]+)`(?:, at the end of `([\w.]+)`)?:\n+```(\w+)\n(.*?)^```$/gms;
  return [...markdown.matchAll(pattern)].map(([, file = '', place, language = '', text = '']) => ({
    file,
    ...(place !== undefined && { place: place.split('.') }),
    language,
    text,
  }));
}

export function apply({ file, place, language, text }: Step, project: string): void {
  const path = join(project, file);
  mkdirSync(dirname(path), { recursive: true });
  if (place) writeFileSync(path, appended(readFileSync(path, 'utf8'), place, text));
  else if (language === 'diff') writeFileSync(path, patched(readFileSync(path, 'utf8'), text));
  else writeFileSync(path, text);
}

function appended(yaml: string, place: string[], text: string): string {
  const node = parseDocument(yaml).getIn(place, true);
  const end = isNode(node) ? node.range?.[1] : undefined;
  if (end === undefined) throw new Error(`there is no ${place.join('.')}`);
  return yaml.slice(0, end) + text + yaml.slice(end);
}

/** Each group of lines, up to one without a sign, goes where its unchanged lines are. */
function patched(text: string, diff: string): string {
  return diff.split('@@\n').reduce((before, hunk) => {
    const lines = hunk.split('\n').filter((line) => line !== '');
    const of = (signs: string) =>
      lines
        .filter((line) => signs.includes(line.charAt(0)))
        .map((line) => `${line.slice(1)}\n`)
        .join('');
    const [old, replacement] = [of(' -'), of(' +')];
    if (before.split(old).length !== 2) throw new Error(`not there once:\n${old}`);
    return before.replace(old, () => replacement);
  }, text);
}
