/**
 * Characters that change what a terminal shows: controls (C0, DEL, C1), line separators, and those
 * that set the direction of text (bidi).
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Escapes a text from a client for a terminal: unsafe characters as `\uXXXX`, as in JSON. */
export function escapeUnsafe(text: string): string {
  return text.replaceAll(UNSAFE, escapeCharacter);
}

/** Escapes a text of several lines. */
export function escapeUnsafeLines(text: string): string {
  return text.split('\n').map(escapeUnsafe).join('\n');
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
