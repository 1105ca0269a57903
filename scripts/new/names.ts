import { UsageError } from '../command-line.ts';

/** The names of the resource `shopping-lists`, by where each is used. */
export interface Names {
  /** `shopping-lists`: its path, its tag and its folder. */
  path: string;
  /** `shopping_lists`: its table. */
  table: string;
  /** `shopping_list_id` */
  id: string;
  /** `ShoppingList` and `ShoppingLists`: its schemas. */
  one: string;
  many: string;
  /** `shoppingList` */
  variable: string;
  /** `shopping list` and `shopping lists`: in texts. */
  words: { one: string; many: string };
}

const USAGE = 'For example: npm run new -- notes';

/** @throws UsageError if the name is no plural in lower case */
export function deriveNames(plural: string | undefined, singular?: string): Names {
  if (plural === undefined) throw new UsageError(`The name of the resource is missing. ${USAGE}`);
  for (const name of [plural, singular ?? 'x']) {
    if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name)) {
      throw new UsageError(`${name} must be lower-case words with hyphens between them. ${USAGE}`);
    }
  }
  const one = singular ?? toSingular(plural);
  if (one === undefined || one === plural) {
    throw new UsageError(
      `${plural} is not a regular plural. ${USAGE}, or npm run new -- people --singular person`,
    );
  }
  const variable = lowerFirst(camel(one));
  if (!isIdentifier(variable)) throw new UsageError(`${variable} is a keyword of TypeScript.`);
  return {
    path: plural,
    table: plural.replaceAll('-', '_'),
    id: `${one.replaceAll('-', '_')}_id`,
    one: camel(one),
    many: camel(plural),
    variable,
    words: { one: one.replaceAll('-', ' '), many: plural.replaceAll('-', ' ') },
  };
}

/** @returns undefined for a word that is not a regular plural */
function toSingular(plural: string): string | undefined {
  if (!/[^s]s$/.test(plural)) return undefined;
  if (plural.endsWith('ies')) return `${plural.slice(0, -3)}y`;
  if (/(ss|sh|ch|x|z)es$/.test(plural)) return plural.slice(0, -2);
  return plural.slice(0, -1);
}

/** `a list`, `an entry` */
export function withArticle(words: string): string {
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}

/** Whether the name is valid for a variable. */
export function isIdentifier(name: string): boolean {
  try {
    new Function(`'use strict'; let ${name}`);
    return true;
  } catch {
    return false;
  }
}

function camel(name: string): string {
  return name.split('-').map(upperFirst).join('');
}

export function upperFirst(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

export function lowerFirst(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}
