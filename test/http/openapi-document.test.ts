import { expect, test, vi } from 'vitest';
import { publishedContract } from '../../src/http/openapi-document.ts';

test('a published contract that could not be loaded is loaded by the next request', async () => {
  vi.doMock('yaml', () => {
    throw new Error('EMFILE: too many open files');
  });
  await expect(publishedContract.yaml()).rejects.toThrow();
  await expect(publishedContract.json()).rejects.toThrow();
  vi.doUnmock('yaml');
  expect(await publishedContract.yaml()).toContain('openapi: 3.1');
  expect(JSON.parse(await publishedContract.json())).toHaveProperty('openapi');
});
