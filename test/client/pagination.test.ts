import { describe, expect, test } from 'vitest';
import { nextCursor } from '../../src/client/index.ts';

describe('nextCursor', () => {
  test.each([
    ['</todos?limit=20&cursor=a>; rel="next"', 'a'],
    ['<http://localhost:8000/todos?cursor=a>; rel="next"', 'a'],
    ['<?cursor=a>;rel=next', 'a'],
    ['<?cursor=a> ; REL = "Next"', 'a'],
    ['<?cursor=a>; title="1, 2; 3"; rel="next"', 'a'],
    ['<?cursor=z>; title=", <?cursor=y>"; rel="prev", <?cursor=a>; rel="last next"', 'a'],
    ['<?cursor=a%2Bb%3D%3D>; rel="next"', 'a+b=='],
    ['<?cursor=z>; rel="prev"', undefined],
    ['<?cursor=z>; rel="nextish"', undefined],
    ['<?cursor=z>; title="next"', undefined],
    ['</todos>; rel="next"', undefined],
    ['cursor=z; rel="next"', undefined],
    [undefined, undefined],
  ])('%s: %s', (link, cursor) => {
    const response = new Response(null, link === undefined ? {} : { headers: { Link: link } });
    expect(nextCursor(response)).toBe(cursor);
  });
});
