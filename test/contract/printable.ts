/** Characters that change what a terminal shows: controls, line separators, directions of text. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text of any server, for a terminal: unsafe characters as `\uXXXX`. */
export function escapeUnsafe(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
