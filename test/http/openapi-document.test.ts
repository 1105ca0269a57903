import { expect, test, vi } from 'vitest';
import { published } from '../../src/http/openapi-document.ts';

test('a published contract that could not be made is made by the next request', async () => {
  vi.doMock('yaml', () => {
    throw new Error('EMFILE: too many open files');
  });
  await expect(published.yaml()).rejects.toThrow();
  await expect(published.json()).rejects.toThrow();
  vi.doUnmock('yaml');
  expect(await published.yaml()).toContain('openapi: 3.1');
  expect(JSON.parse(await published.json())).toHaveProperty('openapi');
});
