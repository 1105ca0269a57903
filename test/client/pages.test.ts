import { describe, expect, test } from 'vitest';
import { nextCursor, ProblemError } from '../../src/client/index.ts';
import { titlesWith, useService } from './setup.ts';
import { unreachable } from './wire.ts';

const { signedIn } = useService();

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

describe('todos', () => {
  test('go through all pages as they are asked for, with the same query', async () => {
    const { client, wire } = await signedIn();
    const titles = ['page 1', 'page 2', 'page 3', 'page 4', 'page 5'];
    for (const title of titles) await client.POST('/todos', { body: { title } });
    const query = { q: 'page', sort: 'created_at', limit: 2 } as const;
    const seen: string[] = [];
    for await (const { title } of client.todos(query)) {
      seen.push(title);
      expect(wire.to('GET /todos')).toHaveLength(Math.ceil(seen.length / 2));
    }
    expect(seen).toEqual(titles);
    for (const { query } of wire.to('GET /todos')) {
      expect(query.toString()).toMatch(/^q=page&sort=created_at&limit=2(?:&cursor=[^&]+)?$/);
    }
  });

  test('start at a cursor, if there is one', async () => {
    const { client } = await signedIn();
    for (const title of ['start 1', 'start 2']) await client.POST('/todos', { body: { title } });
    const query = { q: 'start', sort: 'created_at', limit: 1 } as const;
    const cursor = nextCursor((await client.GET('/todos', { params: { query } })).response);
    const seen: string[] = [];
    for await (const { title } of client.todos({ ...query, cursor: String(cursor) }))
      seen.push(title);
    expect(seen).toEqual(['start 2']);
  });

  test('that there are none of', async () => {
    const { client } = await signedIn();
    expect(await titlesWith(client, 'no such text')).toEqual([]);
  });

  test('throw what the service says', async () => {
    const { client } = await signedIn();
    const failure: unknown = await client
      .todos({ limit: 101 })
      .next()
      .catch((error: unknown) => error);
    if (!(failure instanceof ProblemError)) throw failure;
    expect(failure.response.status).toBe(400);
    expect(failure.problem?.code).toBe('invalid_request');
    expect(failure.message).toBe(failure.problem?.detail);
  });

  test('throw what fetch throws', async () => {
    const { client, wire } = await signedIn();
    wire.next('GET /todos', unreachable);
    await expect(client.todos().next()).rejects.toThrow('fetch failed');
  });
});
