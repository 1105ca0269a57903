import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BEHIND_PROXY, readContract, type Sent, send } from '../support/http.ts';
import { answerTo } from '../support/raw-connection.ts';
import { startService, startSharedService } from '../support/service.ts';
import { pathOfProgram } from './setup.ts';

const service = await startSharedService();
const sendTo = (request: Sent) => send(service, request);

describe('the published contract', () => {
  test.each<[string, string, (text: string) => unknown]>([
    ['/openapi.json', 'application/json; charset=utf-8', JSON.parse],
    ['/openapi.yaml', 'application/yaml; charset=utf-8', parse],
  ])('%s is the document, with the requested address as its server', async (path, type, read) => {
    const response = await sendTo({ path });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe(type);
    const servers = [{ url: service.url.replace('localhost', new URL(service.url).hostname) }];
    expect(read(await response.text())).toEqual({ ...readContract(), servers });
  });

  const invalid = [
    'evil.example/path',
    'user@evil.example',
    '"><script>alert(1)</script>',
    'evil.example\t#',
    "$'",
    'evil.example:80:80',
    '',
  ];
  test.each([
    ...['todos.example.com', 'todos.example.com:8080', '[::1]:8080'].map((host) => [host, host]),
    ...invalid.map((host) => [host, `127.0.0.1:${new URL(service.url).port}`]),
  ])('with the Host %j has the server http://%s', async (host, server) => {
    for (const path of ['/openapi.json', '/openapi.yaml']) {
      const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      const { text } = await answerTo(service.url, request);
      expect(parse(text).servers).toEqual([{ url: `http://${server}` }]);
    }
  });

  test('has the address of a trusted proxy as its server', async () => {
    const headers = {
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'todos.example.com',
      'X-Forwarded-For': '203.0.113.1',
    };
    const path = '/openapi.json';
    const near = await (await sendTo({ path, headers })).json();
    expect(near.servers[0].url).toMatch(/^http:\/\/(localhost|127\.0\.0\.1):\d+$/);
    await using behind = await startService(BEHIND_PROXY);
    const far = await (await send(behind, { path, headers })).json();
    expect(far.servers).toEqual([{ url: 'https://todos.example.com' }]);
  });
});

describe('the interactive reference', () => {
  test('loads nothing from another host', async () => {
    const response = await sendTo({ path: '/docs' });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    const html = await response.text();
    const importMap = /<script type="importmap">(.*)<\/script>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(importMap).digest('base64');
    expect(response.headers.get('Content-Security-Policy')?.split('; ')).toEqual([
      "default-src 'none'",
      `script-src 'self' 'sha256-${hash}'`,
      "connect-src 'self'",
      "base-uri 'self'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data: blob:",
      "font-src 'self' data:",
    ]);
    const assets = [...html.matchAll(/(?:src|href)="(?:\.\/)?(assets[^"]+)"/g)].map(
      ([, path]) => path,
    );
    expect(assets).toHaveLength(4);
    for (const path of assets) {
      const asset = await sendTo({ path: `/${path}` });
      expect(asset.status).toBe(200);
      expect(asset.headers.get('Content-Type')).toMatch(/css|javascript|image/);
    }
  });

  test('serves the program of @scalar/api-reference, compressed where the client accepts that', async () => {
    const path = await pathOfProgram(service.url);
    const sizes = await Promise.all(
      ['gzip, br', 'identity'].map(async (coding) => {
        const response = await sendTo({ path, headers: { 'Accept-Encoding': coding } });
        expect(await response.text()).toContain('createApiReference');
        return Number(response.headers.get('Content-Length'));
      }),
    );
    expect(sizes[0]).toBeLessThan(1_300_000);
    expect(sizes[1]).toBeGreaterThan(4_000_000);
  });
});

test('/docs/ redirects to /docs', async () => {
  const response = await fetch(`${service.url}/docs/`, { redirect: 'manual' });
  expect(response.status).toBe(308);
  expect(response.headers.get('Location')).toBe('../docs');
});
